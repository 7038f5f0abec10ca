package configs

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path"
	"strings"
)

// FastCGIPage is a page that a FastCGI server has, without a web server before it.
type FastCGIPage struct {
	Network string // "unix" or "tcp"
	Address string // of a socket: its path; of a host: host:port
	Path    string // of the page, such as /status
	Query   string // without its ?
}

const (
	// defaultStatusPath is that of php-fpm's own example.
	defaultStatusPath = "/status"
	defaultFastCGI    = "9000"
)

// FastCGI is the page that URL names, and whether it is one of FastCGI:
// unix:/run/status.sock, unix:/run/status.sock:/fpm-status, fcgi://127.0.0.1:9001 or
// fcgi://127.0.0.1:9001/fpm-status. Without a path it is /status.
func (s Status) FastCGI() (page FastCGIPage, ok bool, err error) {
	if rest, found := strings.CutPrefix(s.URL, "unix:"); found {
		page, err = socketPage(rest)
		return page, true, err
	}
	if !strings.HasPrefix(s.URL, "fcgi:") && !strings.HasPrefix(s.URL, "fastcgi:") {
		return page, false, nil
	}
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || !validHost(u.Hostname()) || u.Fragment != "" || u.User != nil:
		return page, true, errors.New("needs to be written like fcgi://127.0.0.1:9001/status")
	case u.Port() != "" && !validPort(u.Port()):
		return page, true, errors.New("has port " + u.Port() + "; a port is from 1 to 65535")
	}
	return FastCGIPage{"tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultFastCGI)), statusPath(u.Path), u.RawQuery}, true, nil
}

func socketPage(text string) (page FastCGIPage, err error) {
	socket, uri, _ := strings.Cut(text, ":")
	socket = path.Clean(socket)
	if strings.HasPrefix(text, "//") && strings.HasPrefix(socket, "/") { // unix:///run/a.sock
		socket = path.Clean("/" + strings.TrimLeft(socket, "/"))
	}
	location, query, _ := strings.Cut(uri, "?")
	if !strings.HasPrefix(socket, "/") || socket == "/" || location != "" && !strings.HasPrefix(location, "/") {
		return page, errors.New("needs the whole path of the socket, like unix:/run/php/status.sock, or with the page's path unix:/run/php/status.sock:/status")
	}
	return FastCGIPage{"unix", socket, statusPath(location), query}, nil
}

func statusPath(given string) string {
	if given == "/" {
		return defaultStatusPath
	}
	return cmp.Or(given, defaultStatusPath)
}
