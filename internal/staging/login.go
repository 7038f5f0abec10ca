package staging

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

var hiddenToken = regexp.MustCompile(`name="_token" value="(\w+)"`)

// LogIn logs a visitor in to the site's shop, and returns the value of the cookie that
// the session is known by. The error says that the site did not let it in.
func (s *Site) LogIn(ctx context.Context) (id string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, _, err := ask(ctx, client, http.MethodGet, s.URL+"/login", "")
	if err != nil {
		return "", err
	}
	token := hiddenToken.FindStringSubmatch(page)
	if token == nil {
		return "", fmt.Errorf("log in to %s: no token in its form", s.URL)
	}
	form := url.Values{"_token": {token[1]}, "user": {"ann"}, "password": {"staging"}}
	said, to, err := ask(ctx, client, http.MethodPost, s.URL+"/login", form.Encode())
	if err != nil {
		return "", err
	}
	if to != "/cart" {
		return "", fmt.Errorf("log in to %s: it says %q", s.URL, said)
	}
	at, err := url.Parse(s.URL)
	if err != nil {
		return "", err
	}
	for _, c := range jar.Cookies(at) {
		id = c.Value
	}
	return id, nil
}

// ask returns what a page says, and where it leads.
func ask(ctx context.Context, client *http.Client, method, address, form string) (page, to string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return "", "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), resp.Header.Get("Location"), err
}
