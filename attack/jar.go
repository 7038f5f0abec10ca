package attack

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"sync"

	"golang.org/x/net/publicsuffix"
)

const (
	// maxCookies is how many different cookies a visit takes, as browsers do of one
	// site: more would only make its requests too large for the site to read.
	maxCookies = 180
	// maxCookie is how long a cookie's name and value together may be, in bytes (RFC 6265, 6.1).
	maxCookie = 4096
)

// jar has the cookies of one visitor, within bounds.
type jar struct {
	cookies *cookiejar.Jar
	mu      sync.Mutex // of taken: visits that share a session have its jar
	taken   []namedValue
	told    func(value string) // of each value that is new; nil for nobody
}

// namedValue is a cookie that was taken, with its value of last, and the one before it.
type namedValue struct{ name, value, before string }

func newJar() *jar {
	cookies, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		panic(err) // cookiejar.New has none to return
	}
	return &jar{cookies: cookies}
}

// Cookies implements http.CookieJar.
func (j *jar) Cookies(u *url.URL) []*http.Cookie { return j.cookies.Cookies(u) }

// SetCookies implements http.CookieJar.
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	var taken []*http.Cookie
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range cookies {
		if len(c.Name)+len(c.Value) <= maxCookie && j.take(c.Name, c.Value) {
			if j.told != nil {
				j.told(c.Value)
			}
			taken = append(taken, c)
		}
	}
	j.cookies.SetCookies(u, taken)
}

// all are the cookies that were taken.
func (j *jar) all() []namedValue {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.taken)
}

// take notes a cookie, and reports whether there is room for it. j.mu is locked.
func (j *jar) take(name, value string) bool {
	for i := range j.taken {
		if had := &j.taken[i]; had.name == name {
			if had.value != value {
				had.value, had.before = value, had.value
			}
			return true
		}
	}
	if len(j.taken) == maxCookies {
		return false
	}
	j.taken = append(j.taken, namedValue{name: name, value: value})
	return true
}
