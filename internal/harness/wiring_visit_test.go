package harness

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
)

// A visit's steps are sent with what the steps before them captured, which is told by
// name; behind a step that fails no other of its visit is sent, and that is said. No
// value comes out, although the site writes it wherever it can.
func TestWiringOfVisits(t *testing.T) {
	t.Parallel()
	const token, session = "tokenQq7", "sessionZz8"
	mux := http.NewServeMux()
	mux.HandleFunc("/cart", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: session, Path: "/"})
		fmt.Fprintf(w, `<title>Cart of %s</title><input name=_token value=%s>`, session, token)
	})
	mux.HandleFunc("/pay", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("sid"); err != nil || c.Value != session || r.FormValue("t") != token {
			t.Errorf("the step had cookie %v and %q", c, r.FormValue("t"))
		}
		http.Error(w, "<title>no "+token+" of "+session+"</title>", http.StatusBadRequest)
	})
	mux.HandleFunc("/thanks", func(http.ResponseWriter, *http.Request) { t.Error("a step behind one that failed was sent") })
	mux.HandleFunc("/look", func(http.ResponseWriter, *http.Request) {})
	site := httptest.NewServer(mux)
	defer site.Close()
	step := func(name, method, path string) configs.Step {
		return configs.Step{Request: configs.Request{Name: name, Method: method, Path: path}}
	}
	cart, pay := step("cart", "GET", "/cart"), step("pay", "POST", "/pay")
	cart.Capture = []configs.Capture{{Name: "csrf", HTML: "input[name=_token]", Attribute: "value"}}
	pay.Form = configs.Pairs{{Name: "t", Value: configs.Secret{Text: "{{csrf}}"}}}
	w, err := Wire(t.Context(), &configs.Experiment{
		Version: 1, Name: "shop", Seed: 1, Arrivals: configs.Arrivals{Kind: configs.Uniform},
		Target: configs.Target{URL: site.URL, Timeout: 10 * time.Second},
		Chaos:  configs.Chaos{Toxiproxy: configs.Embedded}, Limits: configs.Limits{InFlight: 1000},
		Visits: []configs.Visit{
			{Name: "buy", Weight: 1, Steps: []configs.Step{cart, pay, step("thanks", "GET", "/thanks")}},
			{Name: "look", Weight: 1, Steps: []configs.Step{step("home", "GET", "/look")}},
			{Name: "never", Steps: []configs.Step{step("home", "GET", "/thanks")}},
		},
		Dependencies: []configs.Dependency{{Name: "payments", Listen: ports.Test(t), Upstream: strings.TrimPrefix(site.URL, "http://")}},
		Phases:       []configs.Phase{{Name: "load", Duration: 9 * time.Second, Rate: steady(5)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Requests) != 3 || w.Requests[0].Name != "buy/cart" || fmt.Sprint(w.Requests[0].Captured) != "[csrf]" || w.Requests[2].Name != "look/home" || w.Requests[2].Captured != nil {
		t.Fatalf("sent %+v", w.Requests)
	}
	said := ""
	for _, r := range w.Requests[1].Remarks {
		said += r.Text + "\n"
	}
	if w.Spoilt() != 1 || !strings.Contains(said, "not what expect.status asks for") || !strings.Contains(said, "these were not sent: buy/thanks") {
		t.Errorf("%d things spoil a run, and it is said: %s", w.Spoilt(), said)
	}
	if len(w.Dependencies) != 1 || !strings.Contains(fmt.Sprint(w.Dependencies[0].Remarks), "steps that may call it were not sent") {
		t.Errorf("of payments, which nothing called, it says %+v", w.Dependencies)
	}
	if all := fmt.Sprintf("%+v", w); strings.Contains(all, token) || strings.Contains(all, session) {
		t.Errorf("a secret comes out: %s", all)
	}
}
