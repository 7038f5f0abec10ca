package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/build"
	"github.com/tailback/tailback/reports/journal"
)

const (
	// maxPage bounds a status page; the full one has some 500 bytes a process.
	maxPage = 1 << 20
	// slowPage is how long a page may take before that is worth saying.
	slowPage = 2 * time.Second
	// givenUp is how long it is waited for. Behind the pool's own queue each
	// reading that is given up stays in the queue and takes a slot of it, so a
	// slow page is waited for and not asked again: the site must not go down
	// because it is watched.
	givenUp = time.Minute
	// maxCount bounds a figure of the page.
	maxCount = 1 << 40
	// heartbeat is how often php-fpm counts its processes.
	heartbeat = time.Second
)

// status is the sensor of php-fpm's status page.
type status struct {
	every time.Duration
	get   func(ctx context.Context) (page []byte, err error)
}

func openStatus(page configs.Status, target configs.Target) (sensor, error) {
	s, err := newStatus(page, target)
	if err != nil {
		return sensor{}, err
	}
	return sensor{journal.PHPFPMStatus, s.run}, nil
}

// newStatus prepares to read the page, over FastCGI or as the target is asked.
func newStatus(page configs.Status, target configs.Target) (*status, error) {
	s := &status{every: page.Every}
	at, isFastCGI, err := page.FastCGI()
	switch {
	case err != nil:
		return nil, fmt.Errorf("its url %w", err)
	case isFastCGI:
		s.get = func(ctx context.Context) ([]byte, error) {
			answer, err := getFastCGI(ctx, at, asJSON(at.Query))
			if err != nil {
				return nil, err
			}
			return fcgiPage(answer)
		}
	default:
		if s.get, err = overHTTP(page, target); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// asJSON is the query of the page that asks for JSON, unless it asks for a form.
func asJSON(query string) string {
	if q, err := url.ParseQuery(query); err == nil && (q.Has("json") || q.Has("full")) {
		return query
	}
	return strings.TrimPrefix(query+"&json", "&")
}

// overHTTP asks for the page with the target's trust in certificates, and, where
// it is on the target's own host, by the target's name.
func overHTTP(page configs.Status, target configs.Target) (func(context.Context) ([]byte, error), error) {
	u, err := url.Parse(page.URL)
	if err != nil {
		return nil, errors.New("it is no URL")
	}
	u.RawQuery = asJSON(u.RawQuery)
	if site, err := url.Parse(target.URL); err != nil || !strings.EqualFold(site.Hostname(), u.Hostname()) {
		target.Host = ""
	}
	trust, err := target.TLS()
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Timeout:       givenUp,
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: trust}, // no proxy, and no connection that a worker or a port is kept by
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context) ([]byte, error) { return getPage(ctx, client, u.String(), target.Host) }, nil
}

// run reads the page at t0 and then every so often, one reading at a time.
func (s *status) run(ctx context.Context, t0 time.Time, emit func(journal.Observation)) {
	for due := time.Until(t0); sleep(ctx, due); {
		began := time.Now()
		s.observe(ctx, t0, emit)
		due = s.every - time.Since(began)
	}
}

func (s *status) observe(ctx context.Context, t0 time.Time, emit func(journal.Observation)) {
	told := make(chan struct{})
	late := time.AfterFunc(slowPage, func() {
		defer close(told)
		emit(lost(journal.PHPFPMStatus, t0, fmt.Sprintf("the status page has not answered for %v: when all workers are busy it waits with the visitors; pm.status_listen gives it a socket of its own", slowPage)))
	})
	asked := time.Now()
	pool, err := s.read(ctx)
	if !late.Stop() {
		<-told
	}
	if err != nil {
		if ctx.Err() == nil {
			emit(lost(journal.PHPFPMStatus, t0, err.Error()))
		}
		return
	}
	emit(journal.Observation{AtNS: int64(time.Since(t0)), ErrorNS: int64(heartbeat + time.Since(asked)),
		Source: journal.PHPFPMStatus, Kind: journal.Gauge, Count: 1, Pool: pool})
}

func (s *status) read(ctx context.Context) (*journal.Pool, error) {
	page, err := s.get(ctx)
	if err != nil {
		return nil, err
	}
	return parseStatus(page)
}

func getPage(ctx context.Context, client *http.Client, address, host string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.New("read status page: it is no URL")
	}
	req.Header.Set("User-Agent", build.UserAgent())
	req.Host = host // "" is the URL's
	resp, err := client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // without the address, which may hold a password
		}
		return nil, fmt.Errorf("read status page: %w", err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, maxPage+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("read status page: it answered %d", resp.StatusCode)
	case err != nil:
		return nil, fmt.Errorf("read status page: %w", err)
	case len(page) > maxPage:
		return nil, fmt.Errorf("read status page: it is larger than %d bytes, so it is no status page", maxPage)
	}
	return page, nil
}

// parseStatus reads the page as JSON or as text, short or full.
func parseStatus(page []byte) (*journal.Pool, error) {
	fields := map[string]string{}
	if trimmed := bytes.TrimSpace(page); bytes.HasPrefix(trimmed, []byte{'{'}) {
		var values map[string]json.RawMessage
		if err := json.Unmarshal(trimmed, &values); err != nil {
			return nil, fmt.Errorf("read status page: it is JSON that can't be read: %w", err)
		}
		for name, value := range values {
			fields[name] = string(plain(value))
		}
	} else {
		for text := range strings.Lines(string(page)) {
			name, value, found := strings.Cut(text, ":")
			if strings.HasPrefix(text, "****") { // the processes of a full page follow
				break
			}
			if found {
				fields[strings.TrimSpace(name)] = strings.TrimSpace(value)
			}
		}
	}
	return poolOf(fields, page)
}

func poolOf(fields map[string]string, page []byte) (*journal.Pool, error) {
	p := &journal.Pool{Manager: fields["process manager"]}
	switch p.Manager {
	case "static", "dynamic", "ondemand":
	default:
		return nil, fmt.Errorf("read status page: it is no status page of php-fpm: it begins %q", shorten(clean(page), 60))
	}
	for _, f := range []struct {
		name string
		into *int64
	}{
		{"total processes", &p.Total}, {"active processes", &p.Active}, {"idle processes", &p.Idle},
		{"listen queue", &p.Queue}, {"listen queue len", &p.QueueLen}, {"max listen queue", &p.MaxQueue},
		{"max children reached", &p.MaxChildrenReached}, {"slow requests", &p.SlowRequests},
	} {
		v, err := strconv.ParseInt(fields[f.name], 10, 64)
		if err != nil || v < 0 || v > maxCount {
			return nil, fmt.Errorf("read status page: %q is %q, want a count", f.name, shorten(clean([]byte(fields[f.name])), 30))
		}
		*f.into = v
	}
	if p.Active+p.Idle != p.Total {
		return nil, fmt.Errorf("read status page: it contradicts itself: %d processes, of them %d active and %d idle", p.Total, p.Active, p.Idle)
	}
	return p, nil
}
