package staging_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/gosite"
	"github.com/tailback/tailback/internal/staging/gunicorn"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

type starter = func(context.Context, staging.Options) (*staging.Site, error)

// kinds are the two sites that every row of the contract is run on.
var kinds = []struct {
	name  string
	start starter
}{
	{"gosite", gosite.Start},
	{"phpfpm", phpfpm.Start},
}

// onAll runs a row on the site without PHP too.
func onAll(t *testing.T, o staging.Options, row func(*testing.T, *staging.Site)) {
	onBoth(t, o, row)
	t.Run("gunicorn", func(t *testing.T) {
		t.Parallel()
		run(t, gunicorn.Start, o, row)
	})
}

// starting has one site start at a time: starting is all that takes a
// processor, and would disturb the rows that run already.
var starting sync.Mutex

// onBoth runs a row on each kind of site, started with the same options, side
// by side with all other rows.
func onBoth(t *testing.T, o staging.Options, row func(*testing.T, *staging.Site)) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			run(t, kind.start, o, row)
		})
	}
}

// onPHP runs a row on the real site alone.
func onPHP(t *testing.T, o staging.Options, row func(*testing.T, *staging.Site)) {
	t.Parallel()
	run(t, phpfpm.Start, o, row)
}

func run(t *testing.T, start starter, o staging.Options, row func(*testing.T, *staging.Site)) {
	starting.Lock()
	site, err := start(t.Context(), o)
	starting.Unlock()
	if (errors.Is(err, phpfpm.ErrNotInstalled) || errors.Is(err, gunicorn.ErrNotInstalled)) && os.Getenv("CI") != "true" {
		t.Skipf("not run: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeSite(t, site) })
	row(t, site)
}

// closeSite closes it and asserts that no process of it is left, nor its folder.
func closeSite(t *testing.T, site *staging.Site) {
	t.Helper()
	if t.Failed() {
		text, _ := os.ReadFile(site.ErrorLog)
		t.Logf("end of the gateway's error log: %s", text[max(0, len(text)-2000):])
	}
	if err := site.Close(); err != nil {
		t.Errorf("close site: %v", err)
	}
	for _, pid := range site.Children {
		if err := syscall.Kill(-pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process group %d after Close: got %v, want none", pid, err)
		}
	}
	if _, err := os.Stat(site.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("site folder after Close: got %v, want it removed", err)
	}
}

// hit is one request. Times count from the first one's due time.
type hit struct {
	due, sent, done time.Duration
	code            int // 0: no answer, see err
	body            string
	err             error
}

func (h hit) took() time.Duration { return h.done - h.sent }

// load is an open load on one page: evenly spaced arrivals that do not wait
// for answers.
type load struct {
	path  string
	rate  int // per second
	lasts time.Duration
	at    []moment // what happens besides, in order of time
}

// moment is something done once during a load.
type moment struct {
	after time.Duration
	do    func()
}

// run sends the load and returns its hits in order of arrival when the last
// one is answered.
func (l load) run(t *testing.T, site *staging.Site) []hit {
	t.Helper()
	hits := make([]hit, int(l.lasts.Seconds()*float64(l.rate)))
	begin := time.Now()
	var running sync.WaitGroup
	for _, m := range l.at {
		running.Go(func() {
			time.Sleep(time.Until(begin.Add(m.after)))
			m.do()
		})
	}
	for i := range hits {
		due := time.Duration(i) * time.Second / time.Duration(l.rate)
		time.Sleep(time.Until(begin.Add(due)))
		running.Go(func() { hits[i] = send(t.Context(), begin, due, site.URL+l.path) })
	}
	running.Wait()
	return hits
}

// client opens a connection for each request, so that no request is repeated,
// and outwaits every gateway here.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 50 * time.Second}

func send(ctx context.Context, begin time.Time, due time.Duration, url string) (h hit) {
	h.due, h.sent = due, time.Since(begin)
	defer func() { h.done = time.Since(begin) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		h.err = err
		return h
	}
	resp, err := client.Do(req)
	if err != nil {
		h.err = err
		return h
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	h.code, h.body, h.err = resp.StatusCode, string(body), err
	return h
}

// get sends one request now.
func get(t *testing.T, site *staging.Site, path string) hit {
	t.Helper()
	return send(t.Context(), time.Now(), 0, site.URL+path)
}

// with keeps the hits for which keep is true.
func with(hits []hit, keep func(hit) bool) []hit {
	var kept []hit
	for _, h := range hits {
		if keep(h) {
			kept = append(kept, h)
		}
	}
	return kept
}

func coded(hits []hit, code int) []hit {
	return with(hits, func(h hit) bool { return h.code == code })
}

// answeredIn keeps what was answered in the half-open span from..to.
func answeredIn(hits []hit, from, to time.Duration) []hit {
	return with(hits, func(h hit) bool { return from <= h.done && h.done < to })
}

// first is the hit with that code that arrived first, and how many arrived
// before it.
func first(t *testing.T, hits []hit, code int) (hit, int) {
	t.Helper()
	i := slices.IndexFunc(hits, func(h hit) bool { return h.code == code })
	if i < 0 {
		t.Fatalf("no %d among %v", code, tally(hits))
	}
	return hits[i], i
}

// inFlight counts the hits that were under way when h was refused and were not
// themselves about to be refused.
func inFlight(hits []hit, h hit) int {
	return len(with(hits, func(o hit) bool { return o.sent < h.done && o.done > h.done && o.code != h.code }))
}

// times are the hits' times from sent to done, shortest first.
func times(hits []hit) []time.Duration {
	var took []time.Duration
	for _, h := range hits {
		took = append(took, h.took())
	}
	slices.Sort(took)
	return took
}

func median(hits []hit) time.Duration { return middle(times(hits)) }

// middle is the median, or zero of nothing.
func middle[T cmp.Ordered](values []T) (m T) {
	if len(values) > 0 {
		m = slices.Sorted(slices.Values(values))[len(values)/2]
	}
	return m
}

func sum(counts []int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}

func longest(hits []hit) time.Duration {
	if len(hits) == 0 {
		return 0
	}
	return slices.Max(times(hits))
}

// tally counts the hits by code.
func tally(hits []hit) map[int]int {
	codes := map[int]int{}
	for _, h := range hits {
		codes[h.code]++
	}
	return codes
}

// wantBetween asserts low <= got <= high.
func wantBetween[T cmp.Ordered](t *testing.T, what string, got, low, high T) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: got %v, want %v to %v", what, got, low, high)
	}
}

// wantAll asserts that there are hits and that each has that code.
func wantAll(t *testing.T, what string, hits []hit, code int) {
	t.Helper()
	if len(hits) == 0 {
		t.Fatalf("%s: none", what)
	}
	if codes := tally(hits); codes[code] != len(hits) {
		t.Errorf("%s: got %v, want %d answers, all %d", what, codes, len(hits), code)
	}
}

// wantCause asserts that the gateway named the cause: nginx in its error log,
// gosite, which has none, in the answer's body.
func wantCause(t *testing.T, site *staging.Site, h hit, nginx, gosite string) {
	t.Helper()
	text, want := h.body, gosite
	if site.ErrorLog != "" {
		log, err := os.ReadFile(site.ErrorLog)
		if err != nil {
			t.Fatal(err)
		}
		text, want = string(log), nginx
	}
	if !strings.Contains(text, want) {
		t.Errorf("cause: got %q, want it to contain %q", text, want)
	}
}
