package gosite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// errClose says that the worker closes without an answer.
var errClose = errors.New("worker closes without an answer")

// pages are what the workers serve; package staging lists them.
type pages struct {
	site       string    // the gateway's URL
	dependency [2]string // URLs
	client     *http.Client
	shop       *shop
}

func newPages(site, first, second string, closeEarly bool) *pages {
	return &pages{
		shop:       newShop(closeEarly),
		site:       site,
		dependency: [2]string{"http://" + first + "/", "http://" + second + "/"},
		// A PHP page opens a connection for each call: so does this.
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// answer runs a page and returns the whole answer, status line and all. Once
// ctx has ended the worker is being killed and the answer means nothing.
func (p *pages) answer(ctx context.Context, r *http.Request) (string, error) {
	ms, timeout := millis(r, "ms"), millis(r, "timeout_ms")
	switch r.URL.Path {
	case "/work":
		sleep(ctx, ms)
		return answer(http.StatusOK, "ok"), nil
	case "/external":
		sleep(ctx, ms)
		said := p.depend(ctx, r, timeout)
		if r.URL.Query().Has("fail") && strings.HasPrefix(said, "fallback") {
			return fail(r, "fail"), nil
		}
		return answer(http.StatusOK, said), nil
	case "/self":
		url := fmt.Sprintf("%s/work?ms=%d", p.site, ms.Milliseconds())
		return answer(http.StatusOK, p.call(ctx, url, 0)), nil
	case "/app":
		sleep(ctx, ms)
		return fail(r, "status"), nil
	case "/login", "/cart", "/checkout", "/logout":
		return p.shop.answer(ctx, r, ms, func() string { return p.depend(ctx, r, timeout) }), nil
	case "/close":
		return "", errClose
	}
	return answer(http.StatusNotFound, "no such page"), nil
}

// fail is an error of the application's own, of the status that a parameter names.
func fail(r *http.Request, name string) string {
	status, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		status = http.StatusBadGateway
	}
	if r.URL.Query().Get("like") == "nginx" {
		return answer(status, "<html><body><center><h1>Error</h1></center><hr><center>nginx</center></body></html>")
	}
	return answer(status, "the application could not do this")
}

// depend calls the dependency as the query says, and falls back when no try had an answer.
func (p *pages) depend(ctx context.Context, r *http.Request, timeout time.Duration) string {
	q := r.URL.Query()
	if share, err := strconv.ParseFloat(q.Get("share"), 64); err == nil && rand.Float64() >= share {
		return "ok without"
	}
	url := p.dependency[0]
	if q.Get("dep") == "2" {
		url = p.dependency[1]
	}
	tries, _ := strconv.Atoi(q.Get("tries"))
	for {
		answer := p.call(ctx, url, timeout)
		if tries--; tries < 1 || strings.HasPrefix(answer, "ok") {
			return answer
		}
	}
}

// call makes an outgoing call whose timeout, unless zero, bounds all of it.
func (p *pages) call(ctx context.Context, url string, timeout time.Duration) string {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "fallback " + err.Error()
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return "fallback " + err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRequest))
	switch {
	case err != nil:
		return "fallback " + err.Error()
	case resp.StatusCode >= 500:
		return "fallback " + resp.Status
	}
	return "ok " + string(body)
}

func answer(status int, body string) string {
	return answerWith(status, "Content-Type: text/plain\r\n", body)
}

// answerWith has headers of its own, each with its line's end.
func answerWith(status int, headers, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), headers, len(body), body)
}

// millis reads a parameter in milliseconds; what is absent or no number is 0.
func millis(r *http.Request, name string) time.Duration {
	n, _ := strconv.Atoi(r.URL.Query().Get(name))
	return time.Duration(max(n, 0)) * time.Millisecond
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
