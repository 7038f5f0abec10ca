package attack

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// store is a site with a token on its cart page that a checkout needs, and a session
// that says whose token that is.
type store struct {
	*httptest.Server
	mu       sync.Mutex
	sessions int
	paid     []string // the sessions whose checkout was as it should be
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.sessions++
		id := fmt.Sprint("session", s.sessions)
		s.mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: id})
		fmt.Fprintf(w, `<form><input type=hidden name="_token" value="token-of-%s"></form>`, id)
	})
	mux.HandleFunc("POST /checkout", func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("sid")
		if err != nil || r.FormValue("_token") != "token-of-"+c.Value {
			http.Error(w, "no such token", http.StatusForbidden)
			return
		}
		s.mu.Lock()
		s.paid = append(s.paid, c.Value)
		s.mu.Unlock()
		fmt.Fprint(w, "Thank you")
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func buy(url string, phases ...configs.Phase) *configs.Experiment {
	exp := experiment(url, phases...)
	exp.Requests = nil
	exp.Visits = []configs.Visit{{Name: "buy", Weight: 1, Steps: []configs.Step{
		{Request: configs.Request{Name: "cart", Method: "GET", Path: "/cart"}, Capture: []configs.Capture{{Name: "csrf", HTML: "input[name=_token]", Attribute: "value"}}},
		{Request: configs.Request{Name: "pay", Method: "POST", Path: "/checkout", Form: configs.Pairs{{Name: "_token", Value: configs.Secret{Text: "{{csrf}}"}}},
			Expect: configs.Expect{Match: configs.Match{Body: "Thank you"}}}, Think: configs.Think{From: 20 * time.Millisecond, To: 60 * time.Millisecond}},
	}}}
	return exp
}

// 20 visits at once: each has its own cookie and token, and each step is due when the
// answer before it came and was thought about.
func TestVisits(t *testing.T) {
	t.Parallel()
	site := newStore(t)
	hits := drive(t, buy(site.URL, burst(20)))
	if len(hits) != 40 || len(site.paid) != 20 {
		t.Fatalf("got %d hits and %d checkouts, want 40 and 20: %+v", len(hits), len(site.paid), hits)
	}
	slices.SortFunc(hits, func(a, b journal.Hit) int { return int(int64(a.Seq) - int64(b.Seq)) })
	for i, h := range hits {
		if h.Class != journal.ClassOK || h.Visit != uint64(i/2+1) || h.Step != int32(i%2) || h.Request != int32(i%2) || h.Seq != uint64(i/2*configs.MaxSteps+i%2) {
			t.Fatalf("hit %d is %+v", i, h)
		}
		if think := h.Due - hits[max(i-1, 0)].Done; h.Step == 1 && (think < 20*time.Millisecond || think > 60*time.Millisecond) {
			t.Errorf("visit %d thought for %v, want 20 to 60 ms", h.Visit, think)
		}
	}
}

// A step that fails ends its visit, and so does a value that is not there.
func TestVisitsEnd(t *testing.T) {
	t.Parallel()
	site := newStore(t)
	exp := buy(site.URL, burst(3))
	exp.Visits[0].Steps[0].Capture[0].HTML = "input[name=other]"
	hits, events := driveTelling(t, t.Context(), exp)
	if len(hits) != 3 || hits[0].Class != journal.ClassCapture {
		t.Errorf("got %+v, want 3 hits of class %v", hits, journal.ClassCapture)
	}
	if len(events) != 1 || !strings.Contains(events[0].Text, `visits ended at buy/cart: its answer of status 200 had no csrf (html "input[name=other]", attribute value`) {
		t.Errorf("got %+v, want one event that says what was not found", events)
	}
	exp = buy(site.URL, burst(3))
	exp.Visits[0].Steps[0].Request.Path = "/none"
	if hits := drive(t, exp); len(hits) != 3 || hits[0].Code != 404 {
		t.Errorf("got %+v, want 3 hits of status 404", hits)
	}
}

// What would be due after the end of the run is not sent.
func TestVisitsEndWithTheRun(t *testing.T) {
	t.Parallel()
	site := newStore(t)
	exp := buy(site.URL, configs.Phase{Name: "only", Duration: 300 * time.Millisecond, Rate: &configs.Rate{From: 20, To: 20}})
	exp.Visits[0].Steps[1].Think = configs.Think{From: 250 * time.Millisecond, To: 250 * time.Millisecond}
	hits := drive(t, exp) // 6 visits, of which those at 0 ms and perhaps at 50 ms come to their second step
	second := slices.DeleteFunc(slices.Clone(hits), func(h journal.Hit) bool { return h.Step == 0 })
	if len(hits)-len(second) != 6 || len(second) > 1 {
		t.Errorf("got %d first steps and %d second ones, want 6 and at most 1", len(hits)-len(second), len(second))
	}
}

// Closed load: two visitors, each of which begins its next visit when one is over.
func TestVisitsClosed(t *testing.T) {
	t.Parallel()
	site := newStore(t)
	hits := drive(t, buy(site.URL, configs.Phase{Name: "only", Duration: 400 * time.Millisecond, Concurrency: 2}))
	for _, h := range hits {
		under := 0
		for _, o := range hits {
			if o.Visit != h.Visit && o.Step == 0 && o.Sent < h.Sent && !slices.ContainsFunc(hits, func(e journal.Hit) bool { return e.Visit == o.Visit && e.Step == 1 && e.Done <= h.Sent }) {
				under++
			}
		}
		if under > 1 {
			t.Fatalf("%d other visits are under way at %v, want at most 1", under, h.Sent)
		}
	}
	if len(hits) < 8 {
		t.Errorf("got %d hits, want 2 visitors to go on", len(hits))
	}
}
