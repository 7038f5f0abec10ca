package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	toxiclient "github.com/Shopify/toxiproxy/v2/client"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

const toxiproxyModule = "github.com/Shopify/toxiproxy/v2"

// builtIn is the folder that buildToxiproxy builds into; TestMain makes and removes it.
var builtIn string

// buildToxiproxy builds both of its commands, once: for the first test that needs one.
var buildToxiproxy = sync.OnceValue(func() error {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", toxiproxyModule).Output()
	if err != nil {
		return fmt.Errorf("find Toxiproxy's module: %w", err)
	}
	cmd := exec.Command("go", "build", "-o", builtIn, "./cmd/server", "./cmd/cli")
	cmd.Dir = strings.TrimSpace(string(dir))
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build Toxiproxy: %w\n%s", err, text)
	}
	return nil
})

// command returns a command of Toxiproxy's module, built as that module itself asks for it.
func command(t testing.TB, name string) string {
	t.Helper()
	if err := buildToxiproxy(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(builtIn, name)
}

// do sends a call as any client may.
func (s *stand) do(method, path, body string) (status int, text string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := (&http.Client{Transport: direct(), Timeout: soon}).Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(answer)
}

// takes returns how long an answer takes.
func (s *stand) takes() time.Duration {
	s.t.Helper()
	began := time.Now()
	if !s.answers(soon) {
		s.t.Error("a call is not answered")
	}
	return time.Since(began)
}

func TestToxiproxyClient(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	client := toxiclient.NewClient(s.url)
	defer http.DefaultClient.CloseIdleConnections()
	if v, err := client.Version(); err != nil || !strings.Contains(string(v), moduleVersion(t)) {
		t.Errorf("version %s, %v, want that of the module, %s", v, err, moduleVersion(t))
	}
	populated, err := client.Populate([]toxiclient.Proxy{{Name: "payments", Listen: s.addr, Upstream: s.dep.addr, Enabled: true}})
	if err != nil || len(populated) != 1 {
		t.Fatalf("populate: %v, %v", populated, err)
	}
	proxies, err := client.Proxies()
	p := proxies["payments"]
	if err != nil || p == nil || p.Listen != s.addr || p.Upstream != s.dep.addr || !p.Enabled || len(p.ActiveToxics) != 0 {
		t.Fatalf("proxies: %+v, %v", p, err)
	}

	if _, err := p.AddToxic("slow", "latency", "downstream", 1, toxiclient.Attributes{"latency": 300}); err != nil {
		t.Fatal(err)
	}
	if took := s.takes(); took < 300*time.Millisecond {
		t.Errorf("with 300 ms of latency a call took %v", took)
	}
	if _, err := p.AddToxic("slow", "latency", "downstream", 1, nil); err == nil || !strings.Contains(err.Error(), "toxic already exists") {
		t.Errorf("a second slow: %v", err)
	}
	changed, err := p.UpdateToxic("slow", -1, toxiclient.Attributes{"jitter": 1})
	if err != nil || changed.Attributes["latency"] != 300.0 || changed.Attributes["jitter"] != 1.0 {
		t.Errorf("updated: %+v, %v", changed, err)
	}
	if _, err := p.AddToxic("", "slicer", "upstream", 1, toxiclient.Attributes{"average_size": 1}); err != nil {
		t.Error(err)
	}
	if list, err := p.Toxics(); err != nil || len(list) != 2 || list[0].Name != "slicer_upstream" || list[1].Name != "slow" {
		t.Errorf("toxics: %+v, %v", list, err)
	}
	if err := p.RemoveToxic("slow"); err != nil {
		t.Error(err)
	}
	if err := p.RemoveToxic("slow"); err == nil || !strings.Contains(err.Error(), "toxic not found") {
		t.Errorf("removed twice: %v", err)
	}

	if err := p.Disable(); err != nil {
		t.Fatal(err)
	}
	if s.answers(while) {
		t.Error("a disabled proxy answers")
	}
	if _, err := Open(context.Background(), s.experiment()); err == nil || !strings.Contains(err.Error(), "the proxy of payments is disabled") {
		t.Errorf("a run on a disabled proxy: %v", err)
	}
	if err := client.ResetState(); err != nil {
		t.Error(err)
	}
	if p, err = client.Proxy("payments"); err != nil || !p.Enabled || len(p.ActiveToxics) != 0 || !s.answers(soon) {
		t.Errorf("after a reset: %+v, %v", p, err)
	}

	if err := p.Delete(); err == nil || !strings.Contains(err.Error(), "is a dependency of the experiment file") {
		t.Errorf("deleted: %v", err)
	}
	p.Upstream = "127.0.0.1:1"
	if err := p.Save(); err == nil || !strings.Contains(err.Error(), "the addresses are those of the experiment file") {
		t.Errorf("moved: %v", err)
	}
}

func moduleVersion(t *testing.T) string {
	t.Helper()
	text, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", toxiproxyModule).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(text)), "v")
}

func TestToxiproxyCLI(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	cli := command(t, "cli")
	run := func(args ...string) string {
		t.Helper()
		text, err := exec.Command(cli, append([]string{"-h", s.url}, args...)...).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v\n%s", args, err, text)
		}
		return string(text)
	}
	run("toxic", "add", "-n", "slow", "-t", "latency", "-a", "latency=300", "payments")
	if text := run("inspect", "payments"); !strings.Contains(text, "slow") || !strings.Contains(text, "latency=300") {
		t.Errorf("inspect: %s", text)
	}
	if text := run("list"); !strings.Contains(text, "payments") || !strings.Contains(text, s.dep.addr) {
		t.Errorf("list: %s", text)
	}
	run("toxic", "update", "-n", "slow", "-a", "latency=400", "payments")
	if took := s.takes(); took < 400*time.Millisecond {
		t.Errorf("with 400 ms of latency a call took %v", took)
	}
	run("toxic", "remove", "-n", "slow", "payments")
	run("toggle", "payments")
	if s.answers(while) {
		t.Error("a disabled proxy answers")
	}
	run("toggle", "payments")
	if !s.answers(soon) {
		t.Error("an enabled proxy does not answer")
	}
}

// The toxics of clients stay through a run, on top of its faults, and the run's
// report says so.
func TestForeignToxicsAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	add := func(name string) {
		t.Helper()
		if status, text := s.do("POST", "/proxies/payments/toxics", `{"name": "`+name+`", "type": "latency", "attributes": {"latency": 200}}`); status != http.StatusOK {
			t.Fatal(status, text)
		}
	}
	add("before")
	in := s.open(s.experiment(configs.Fault{Latency: &configs.Latency{Delay: configs.Dose{From: 300 * time.Millisecond, To: 300 * time.Millisecond}, Direction: configs.Downstream}}))
	p := play(t, in)
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "the toxic before (latency, downstream) on payments is not of this run") {
		t.Errorf("warned of %q", e.Text)
	}
	p.wait(journal.FaultApplied)
	// Both delays come one after the other: Toxiproxy's latency counts from when
	// bytes came in, and the first has moved that on by what it waited.
	if took := s.takes(); took < 500*time.Millisecond {
		t.Errorf("under 300 ms and 200 ms a call took %v", took)
	}
	add("amid")
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "the toxic amid") {
		t.Errorf("warned of %q", e.Text)
	}
	if status, text := s.do("PATCH", "/proxies/payments", `{"enabled": false}`); status != http.StatusConflict || !strings.Contains(text, "held by run checkout") {
		t.Errorf("disabled amid a run: %d %s", status, text)
	}
	p.cancel()
	p.ends()
	in.Close()
	if took := s.takes(); took < 400*time.Millisecond {
		t.Errorf("after the run, under 200 ms twice, a call took %v", took)
	}
	if status, _ := s.do("POST", "/reset", ""); status != http.StatusNoContent {
		t.Errorf("reset: %d", status)
	}
	if took := s.takes(); took > 200*time.Millisecond {
		t.Errorf("after a reset a call took %v", took)
	}
}

// One client that stopped reading holds up nobody else (toxiproxy#558).
func TestToxicsWithAStuckClient(t *testing.T) {
	s := newStand(t)
	r := &rig{t: t, Proxies: &Proxies{proxies: map[string]*proxy{"payments": {addr: s.addr}}}}
	stuck := r.dial()
	stuck.ask("50000000", 0) // more than all buffers
	s.dep.hears(t, 1)
	for _, toxic := range []string{
		`{"type": "latency", "attributes": {"latency": 10}}`, `{"type": "bandwidth", "attributes": {"rate": 1}}`,
		`{"type": "slicer", "attributes": {"average_size": 10}}`, `{"type": "limit_data", "attributes": {"bytes": 100000000}}`,
		`{"type": "slow_close", "attributes": {"delay": 10}}`, `{"type": "timeout", "attributes": {}}`} {
		began := time.Now()
		if status, text := s.do("POST", "/proxies/payments/toxics", toxic); status != http.StatusOK {
			t.Error(status, text)
		}
		var made struct{ Name string }
		if err := json.Unmarshal([]byte(toxicsOf(s)), &made); err != nil {
			t.Fatal(err)
		}
		if status, text := s.do("DELETE", "/proxies/payments/toxics/"+made.Name, ""); status != http.StatusNoContent {
			t.Error(status, text)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: adding and removing took %v", toxic, took)
		}
		if !s.answers(soon) {
			t.Errorf("%s: another client is not answered", toxic)
		}
	}
}

// toxicsOf returns the one toxic there is.
func toxicsOf(s *stand) string {
	_, text := s.do("GET", "/proxies/payments/toxics", "")
	return string(bytes.Trim(bytes.TrimSpace([]byte(text)), "[]"))
}

// Every toxic acts on a connection that was open before, and lets go when it is removed.
func TestClientToxics(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ toxic, amid, after string }{
		{`{"type": "timeout", "attributes": {"timeout": 0}}`, "none, open", "none, eof"}, // Toxiproxy's removal closes what it held
		{`{"type": "timeout", "attributes": {"timeout": 10}}`, "none, eof", ""},
		{`{"type": "reset_peer", "attributes": {"timeout": 10}}`, "none, reset", ""},
		{`{"type": "limit_data", "attributes": {"bytes": 3}}`, "part, eof", ""},
		{`{"type": "bandwidth", "attributes": {"rate": 1}}`, "part, open", "whole, open"},
		{`{"type": "slicer", "attributes": {"average_size": 500, "delay": 1000}}`, "whole, open", "whole, open"},
		{`{"type": "timeout", "toxicity": 0, "attributes": {"timeout": 10}}`, "whole, open", "whole, open"},
		{`{"type": "reset_peer", "toxicity": 0, "attributes": {}}`, "whole, open", "whole, open"},
	} {
		s := newStand(t)
		r := &rig{t: t, Proxies: &Proxies{proxies: map[string]*proxy{"payments": {addr: s.addr}}}}
		c := r.asked()
		var made struct{ Name string }
		status, text := s.do("POST", "/proxies/payments/toxics", row.toxic)
		if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusOK {
			t.Fatal(status, text, err)
		}
		c.want, c.got = 0, 0
		c.ask("5000", 5000)
		t.Run(row.toxic, func(t *testing.T) { c.t = t; c.sees(row.amid) })
		if status, text := s.do("DELETE", "/proxies/payments/toxics/"+made.Name, ""); status != http.StatusNoContent {
			t.Error(status, text)
		}
		if row.after != "" {
			t.Run(row.toxic+" removed", func(t *testing.T) { c.t = t; c.sees(row.after) })
		}
	}
}

func TestBadToxicsAreRefused(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for _, row := range []struct {
		body, want string
		status     int
	}{
		{``, "bad request body", 400},
		{`{"type": "nonsense"}`, "invalid toxic type", 400},
		{`{"type": "resident"}`, "invalid toxic type", 400},
		{`{"type": "latency", "stream": "sideways"}`, "stream was invalid", 400},
		{`{"type": "latency", "toxicity": 2}`, "toxicity needs to be from 0 to 1", 400},
		{`{"type": "latency", "attributes": {"latency": "1s"}}`, "bad request body", 400},
		{`{"type": "latency", "attributes": {"jitter": 9223372036854775807}}`, "jitter needs to be from 0 to", 400},
		{`{"type": "bandwidth"}`, "rate needs to be from 1", 400},
		{`{"type": "bandwidth", "attributes": {"rate": -1}}`, "rate needs to be from 1", 400},
		{`{"type": "slicer"}`, "average_size needs to be from 1", 400},
		{`{"type": "slicer", "attributes": {"average_size": 10, "size_variation": 10}}`, "size_variation needs to be from 0 to 9", 400},
		{`{"type": "limit_data", "attributes": {"bytes": -1}}`, "bytes needs to be from 0", 400},
		{`{"type": "latency", "name": "` + strings.Repeat("x", 101) + `"}`, "name needs to be at most 100 bytes", 400},
		{strings.Repeat(" ", apiBody+1), "bad request body", 400},
	} {
		if status, text := s.do("POST", "/proxies/payments/toxics", row.body); status != row.status || !strings.Contains(text, row.want) {
			t.Errorf("%.60s: got %d %s, want %d %s", row.body, status, text, row.status, row.want)
		}
	}
	if text := toxicsOf(s); text != "" {
		t.Errorf("left %s", text)
	}
}

// Whatever is sent, the proxy answers and goes on passing calls on.
func FuzzAPI(f *testing.F) {
	for _, seed := range [][3]string{
		{"POST", "/proxies/payments/toxics", `{"type": "slicer", "attributes": {"average_size": 1}}`},
		{"PATCH", "/proxies/payments", `{"enabled": false, "toxics": [{"attributes": null}]}`},
		{"POST", "/populate", `[{"name": "payments"}]`}, {"POST", "/proxies", `{}`}, {"POST", "/reset", ""},
		{"POST", leasePath, `{"plan": {"protocol": 1, "phases": [{"Duration": -1}]}}`}, {"DELETE", "/proxies/%00/toxics/..%2f", ""},
		{"POST", "/proxies/payments/toxics", `{"type": "timeout", "attributes": null, "toxicity": 0}`},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	shared := newStand(f)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		s := *shared
		s.t = t
		req, err := http.NewRequest(method, s.url+"/"+strings.TrimPrefix(path, "/"), strings.NewReader(body))
		if err != nil || req.URL.Host == "" || !strings.HasSuffix(s.url, req.URL.Host) {
			return
		}
		r, err := (&http.Client{Transport: direct(), Timeout: 5 * time.Second}).Do(req)
		if err != nil {
			if strings.Contains(err.Error(), "Timeout") {
				t.Fatal(err)
			}
			return // what Go's client would not send
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if r.StatusCode >= 500 && r.StatusCode != http.StatusNotImplemented {
			t.Errorf("got %s", r.Status)
		}
		if status, text := s.do("POST", "/reset", ""); status != http.StatusNoContent {
			t.Fatalf("reset: %d %s", status, text)
		}
		if !s.answers(soon) {
			t.Fatal("a call is not answered")
		}
		for len(s.dep.got) > 0 { // it keeps what it heard until somebody asks
			<-s.dep.got
		}
	})
}
