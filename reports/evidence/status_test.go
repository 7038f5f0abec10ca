package evidence

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// The same pool in the two forms that php-fpm 8.2 gives.
const (
	jsonPage = `{"pool":"www","process manager":"dynamic","start time":1795494153,"start since":9,"accepted conn":12,"listen queue":3,"max listen queue":5,"listen queue len":128,"idle processes":1,"active processes":4,"total processes":5,"max active processes":4,"max children reached":2,"slow requests":7`
	textPage = `pool:                 www
process manager:      dynamic
start time:           24/Nov/2026:04:22:33 +0000
start since:          9
accepted conn:        12
listen queue:         3
max listen queue:     5
listen queue len:     128
idle processes:       1
active processes:     4
total processes:      5
max active processes: 4
max children reached: 2
slow requests:        7
`
	fullText = textPage + `
************************
pid:                  31330
state:                Running
process manager:      none of this counts
`
)

func TestStatusPages(t *testing.T) {
	want := journal.Pool{Manager: "dynamic", Total: 5, Active: 4, Idle: 1, Queue: 3, QueueLen: 128, MaxQueue: 5, MaxChildrenReached: 2, SlowRequests: 7}
	for name, page := range map[string]string{
		"json": jsonPage + "}", "full json": jsonPage + `,"processes":[{"pid":1,"state":"Running"}]}`, "text": textPage, "full text": fullText,
	} {
		if got, err := parseStatus([]byte(page)); err != nil || *got != want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
	}
}

func TestStatusPagesThatLie(t *testing.T) {
	for name, row := range map[string]struct{ page, want string }{
		"negative":           {strings.Replace(jsonPage, `"listen queue":3`, `"listen queue":-3`, 1) + "}", `"listen queue" is "-3", want a count`},
		"more active":        {strings.Replace(textPage, "active processes:     4", "active processes:     9", 1), "it contradicts itself: 5 processes, of them 9 active and 1 idle"},
		"a figure lacks":     {`{"process manager":"static"}`, `"total processes" is "", want a count`},
		"a page for people":  {"<!DOCTYPE html><html>", `no status page of php-fpm: it begins "<!DOCTYPE html><html>"`},
		"JSON cut off":       {jsonPage, "JSON that can't be read"},
		"nothing":            {"", `it begins ""`},
		"another's JSON":     {`{"status":"ok"}`, "no status page of php-fpm"},
		"numbers beyond all": {strings.Replace(jsonPage, `"active processes":4`, `"active processes":9223372036854775807`, 1) + "}", "want a count"},
	} {
		if got, err := parseStatus([]byte(row.page)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %+v, %v, want %s", name, got, err, row.want)
		}
	}
}

// page serves a status page as a test wants it and watches it for a while.
func page(t *testing.T, serve http.HandlerFunc) *watched {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	return watch(t, configs.Site{PHPFPMStatus: configs.Status{URL: server.URL + "/status", Every: 20 * time.Millisecond}}, time.Now())
}

func TestStatusIsReadAgainAndAgain(t *testing.T) {
	w := page(t, func(rw http.ResponseWriter, r *http.Request) {
		if _, asked := r.URL.Query()["json"]; asked {
			fmt.Fprint(rw, jsonPage+"}")
		}
	})
	await(t, w, journal.Gauge, 3)
	w.stop()
	o := w.seen()[0]
	if o.Source != journal.PHPFPMStatus || o.Pool == nil || o.Pool.Total != 5 || o.AtNS < 0 || o.ErrorNS < int64(heartbeat) {
		t.Errorf("got %+v, want the pool as of then, give or take php-fpm's own second", o)
	}
	wantCount(t, w, journal.Lost, 0)
}

// A redirect is not followed, an error not taken for a page, an endless page not read to its end.
func TestStatusThatIsNone(t *testing.T) {
	for name, row := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"redirect": {func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://192.0.2.1/", http.StatusFound)
		}, "read status page: it answered 302"},
		"error": {func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(http.StatusBadGateway) }, "read status page: it answered 502"},
		"endless": {func(rw http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := fmt.Fprint(rw, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}, "read status page: it is larger than 1048576 bytes, so it is no status page"},
		"closes": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "read status page: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			w := page(t, row.serve)
			await(t, w, journal.Lost, 2)
			w.stop()
			if got, _, _ := strings.Cut(w.texts(journal.Lost), "\n"); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// A page that hangs is said once and not asked again, and does not keep the run from its end.
func TestStatusThatHangs(t *testing.T) {
	var asked atomic.Int64
	w := page(t, func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	})
	await(t, w, journal.Lost, 1)
	began := time.Now()
	w.stop()
	if took := time.Since(began); took > 5*time.Second || asked.Load() != 1 {
		t.Errorf("asked %d times, the end took %v; want one, and at once", asked.Load(), took)
	}
	if got := w.texts(journal.Lost); !strings.Contains(got, "has not answered for 2s") || !strings.Contains(got, "pm.status_listen") {
		t.Errorf("got %q, want how long, and what to do", got)
	}
}
