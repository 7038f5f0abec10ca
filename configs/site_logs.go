package configs

// SiteLog is a log of the site and its key under site: in a file.
type SiteLog struct {
	Key string
	*Source
}

// Logs are all logs that an experiment may name, given or not, in their order in the type.
func (s *Site) Logs() []SiteLog {
	return []SiteLog{
		{"nginx_error_log", &s.NginxErrorLog}, {"nginx_access_log", &s.NginxAccessLog},
		{"php_access_log", &s.PHPAccessLog.Source}, {"php_slow_log", &s.PHPSlowLog}, {"php_error_log", &s.PHPErrorLog},
		{"gunicorn_error_log", &s.GunicornErrorLog}, {"apache_error_log", &s.ApacheErrorLog},
	}
}
