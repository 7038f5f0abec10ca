package configs

import "net"

func (c *check) site() {
	site := &c.e.Site
	for _, log := range site.Logs() {
		if log.File != "" && log.Command != "" {
			c.add("site."+log.Key, "has both file and command; give one of them")
		}
	}
	c.accessFormat(site.PHPAccessLog)
	switch status := site.PHPFPMStatus; {
	case status.URL != "":
		c.statusURL(status.URL, "site.php_fpm_status.url")
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

// statusURL checks where the status page is read, over HTTP or FastCGI.
func (c *check) statusURL(text, path string) {
	host := ""
	if page, ok, err := (Status{URL: text}).FastCGI(); err != nil {
		c.add(path, "%v", err)
		return
	} else if ok {
		host, _, _ = net.SplitHostPort(page.Address)
		if page.Network == "unix" {
			return
		}
	} else if u := c.url(text, path); u != nil {
		host = u.Hostname()
	} else {
		return
	}
	if !c.e.Target.Allows(host) {
		c.add(path, "the host %q is neither loopback nor in target.allow; if it is yours and may be read, add it to allow under target", host)
	}
}
