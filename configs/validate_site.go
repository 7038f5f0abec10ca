package configs

func (c *check) site() {
	site := c.e.Site
	for _, s := range []struct {
		path string
		log  Source
	}{
		{"site.nginx_error_log", site.NginxErrorLog}, {"site.nginx_access_log", site.NginxAccessLog},
		{"site.php_access_log", site.PHPAccessLog.Source}, {"site.php_slow_log", site.PHPSlowLog},
	} {
		if s.log.File != "" && s.log.Command != "" {
			c.add(s.path, "has both file and command; give one of them")
		}
	}
	c.accessFormat(site.PHPAccessLog)
	switch status := site.PHPFPMStatus; {
	case status.URL != "":
		if u := c.url(status.URL, "site.php_fpm_status.url"); u != nil && !c.e.Target.Allows(u.Hostname()) {
			c.add("site.php_fpm_status.url", "the host %q is neither loopback nor in target.allow; if it is yours and may be read, add it to allow under target", u.Hostname())
		}
		c.positive(status.Every, maxDuration, "site.php_fpm_status.every")
	case status.Every != 0:
		c.add("site.php_fpm_status.every", "is of no use without a url beside it")
	}
}

func (c *check) accessFormat(log Access) {
	const path = "site.php_access_log.format"
	if log.Format == "" {
		return
	}
	parts, err := ParseAccessFormat(log.Format)
	if err != nil {
		c.add(path, "%v", err)
	} else if problem := usableFormat(parts); problem != "" {
		c.add(path, "%s", problem)
	}
}
