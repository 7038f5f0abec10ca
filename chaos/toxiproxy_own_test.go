package chaos

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	toxiclient "github.com/Shopify/toxiproxy/v2/client"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/reports/journal"
)

// at is the stand as seen through another address.
func (s *stand) at(addr string) *stand {
	other := *s
	other.addr = addr
	return &other
}

// A client makes, moves, breaks and deletes a proxy of its own.
func TestOwnProxies(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	client := toxiclient.NewClient(s.url)
	defer http.DefaultClient.CloseIdleConnections()
	mail, err := client.CreateProxy("mail", "localhost:0", s.dep.addr)
	if err != nil || !strings.HasPrefix(mail.Listen, "127.0.0.1:") || !mail.Enabled {
		t.Fatalf("made %+v, %v", mail, err)
	}
	if !s.at(mail.Listen).answers(soon) {
		t.Error("a call through it is not answered")
	}
	if _, err := client.CreateProxy("mail", "localhost:0", s.dep.addr); err == nil || !strings.Contains(err.Error(), "proxy already exists") {
		t.Errorf("made twice: %v", err)
	}
	if _, err := mail.AddToxic("", "latency", "downstream", 1, toxiclient.Attributes{"latency": 300}); err != nil {
		t.Fatal(err)
	}
	was := mail.Listen
	mail.Listen = ports.Test(t)
	if err := mail.Save(); err != nil {
		t.Fatal(err)
	}
	if took := s.at(mail.Listen).takes(); took < 300*time.Millisecond {
		t.Errorf("moved, under 300 ms of latency, a call took %v", took)
	}
	if c, err := net.Dial("tcp", was); err == nil {
		c.Close()
		t.Error("it still listens where it was")
	}
	taken := mail.Listen
	mail.Listen = s.addr
	if err := mail.Save(); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("moved to a port that is taken: %v", err)
	}
	if took := s.at(taken).takes(); took < 300*time.Millisecond {
		t.Errorf("not moved, under 300 ms of latency, a call took %v", took)
	}
	mail.Listen = taken
	if err := mail.Disable(); err != nil || s.at(taken).answers(while) {
		t.Errorf("disabled: %v, and it answers: %v", err, err == nil)
	}
	if err := client.ResetState(); err != nil {
		t.Error(err)
	}
	if took := s.at(taken).takes(); took > 250*time.Millisecond {
		t.Errorf("after a reset a call took %v", took)
	}
	if err := mail.Delete(); err != nil {
		t.Error(err)
	}
	if _, err := client.Proxy("mail"); err == nil || s.at(taken).answers(while) {
		t.Errorf("after its deletion: %v", err)
	}
}

// A list is made at once or not at all; what is there as the list says stays.
func TestPopulate(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	populate := func(status int, list ...string) (found []shown, text string) {
		t.Helper()
		got, text := s.do("POST", "/populate", "["+strings.Join(list, ",")+"]")
		if got != status {
			t.Fatalf("%.200v: %d %.200s, want %d", list, got, text, status)
		}
		var answer struct{ Proxies []shown }
		json.Unmarshal([]byte(text), &answer)
		return answer.Proxies, text
	}
	ours := fmt.Sprintf(`{"name": "payments", "listen": %q, "upstream": %q}`, s.addr, s.dep.addr)
	mail := func(more string) string { return fmt.Sprintf(`{"name": "mail", "upstream": %q%s}`, s.dep.addr, more) }
	first, _ := populate(http.StatusCreated, ours, mail(""))
	if len(first) != 2 || first[1].Name != "mail" || !first[1].Enabled {
		t.Fatalf("made %+v", first)
	}
	if status, text := s.do("POST", "/proxies/mail/toxics", `{"type": "latency", "attributes": {"latency": 1}}`); status != http.StatusOK {
		t.Fatal(status, text)
	}
	again, _ := populate(http.StatusCreated, ours, mail(fmt.Sprintf(`, "listen": %q`, first[1].Listen)))
	if again[1].Listen != first[1].Listen || len(again[1].Toxics) != 1 {
		t.Errorf("the same list made %+v of %+v", again[1], first[1])
	}
	moved, _ := populate(http.StatusCreated, fmt.Sprintf(`{"name": "mail", "listen": %q, "upstream": "127.0.0.1:1", "enabled": false}`, first[1].Listen))
	if moved[0].Upstream != "127.0.0.1:1" || moved[0].Enabled || len(moved[0].Toxics) != 0 {
		t.Errorf("another list made %+v", moved[0])
	}
	for _, row := range []struct {
		bad    string
		status int
		says   string
	}{
		{`{"name": "payments", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2"}`, http.StatusForbidden, "the addresses are those of the experiment file"},
		{`{"name": "open", "listen": "0.0.0.0:0", "upstream": "127.0.0.1:2"}`, http.StatusForbidden, "beyond this machine"},
		{`{"name": "open", "listen": ":0", "upstream": "127.0.0.1:2"}`, http.StatusForbidden, "beyond this machine"},
		{`{"name": "open", "listen": "[::]:0", "upstream": "127.0.0.1:2"}`, http.StatusForbidden, "beyond this machine"},
		{`{"name": "nowhere", "listen": "127.0.0.1:0"}`, http.StatusBadRequest, "needs a name and an upstream"},
		{`{"listen": "127.0.0.1:0", "upstream": "127.0.0.1:2"}`, http.StatusBadRequest, "needs a name and an upstream"},
		{`{"name": "nowhere", "upstream": "127.0.0.1"}`, http.StatusBadRequest, "upstream needs host:port"},
		{`{"name": "nowhere", "upstream": "http://127.0.0.1:2"}`, http.StatusBadRequest, "upstream needs host:port"},
		{`{"name": "nowhere", "upstream": "127.0.0.1:0"}`, http.StatusBadRequest, "upstream needs host:port"},
		{`{"name": "nowhere", "listen": "127.0.0.1", "upstream": "127.0.0.1:2"}`, http.StatusBadRequest, "listen needs an address"},
		{`{"name": "` + strings.Repeat("x", 101) + `", "upstream": "127.0.0.1:2"}`, http.StatusBadRequest, "at most 100 bytes"},
		{`7`, http.StatusBadRequest, "bad request body"},
	} {
		if _, text := populate(row.status, fmt.Sprintf(`{"name": "new", "upstream": %q}`, s.dep.addr), row.bad); !strings.Contains(text, row.says) {
			t.Errorf("%s: %s, want %q", row.bad, text, row.says)
		}
	}
	if _, text := s.do("GET", "/proxies", ""); strings.Contains(text, `"new"`) {
		t.Errorf("a list that was refused made some: %s", text)
	}
	var many []string
	for i := range mostOwn {
		many = append(many, fmt.Sprintf(`{"name": "n%d", "upstream": "127.0.0.1:1"}`, i))
	}
	populate(http.StatusConflict, many...) // with mail they are one too many
}

// A run leaves the proxies that clients have made alone, plays its faults beside
// them, and its report names them.
func TestOwnProxiesAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	make := func(name string) string {
		t.Helper()
		var made shown
		_, text := s.do("POST", "/proxies", fmt.Sprintf(`{"name": %q, "upstream": %q}`, name, s.dep.addr))
		if err := json.Unmarshal([]byte(text), &made); err != nil || made.Listen == "" {
			t.Fatal(text)
		}
		return made.Listen
	}
	before := make("before")
	if status, text := s.do("POST", "/proxies/before", `{"enabled": false}`); status != http.StatusOK {
		t.Fatal(status, text)
	}
	p := play(t, s.open(s.experiment(configs.Fault{Hang: &configs.Hang{}})))
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "the proxy before ("+before+", passed on to "+s.dep.addr+") was made by a client of Toxiproxy's: it is not of this run and was left alone") {
		t.Errorf("warned of %q", e.Text)
	}
	p.wait(journal.FaultApplied)
	amid := make("amid")
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "the proxy amid (") {
		t.Errorf("warned of %q", e.Text)
	}
	if status, text := s.do("POST", "/proxies/amid/toxics", `{"type": "latency", "attributes": {"latency": 200}}`); status != http.StatusOK {
		t.Fatal(status, text)
	}
	if e := p.wait(journal.Warning); !strings.Contains(e.Text, "the toxic latency_downstream (latency, downstream) on amid is not of this run") {
		t.Errorf("warned of %q", e.Text)
	}
	if s.answers(while) {
		t.Error("the dependency does not hang")
	}
	if took := s.at(amid).takes(); took < 200*time.Millisecond {
		t.Errorf("under 200 ms of latency a call took %v", took)
	}
	p.cancel()
	p.ends()
	if took := s.at(amid).takes(); took < 200*time.Millisecond {
		t.Errorf("the run has lifted what a client has put there: a call took %v", took)
	}
	if s.at(before).answers(while) {
		t.Error("the run has enabled what a client had disabled")
	}
	if !s.answers(soon) {
		t.Error("the dependency still hangs")
	}
}

// Proxies that clients have made end with the proxy, whatever goes through them.
func TestOwnProxiesEnd(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	_, text := s.do("POST", "/proxies", fmt.Sprintf(`{"name": "mail", "upstream": %q}`, s.dep.addr))
	var made shown
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		t.Fatal(text)
	}
	c, err := net.Dial("tcp", made.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(soon))
	s.end()
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes of a connection that was to end", n)
	}
	waitFor(t, func() bool {
		l, err := net.Listen("tcp", made.Listen)
		if err == nil {
			l.Close()
		}
		return err == nil
	})
}

// What toxiproxy-cli does with a proxy of its own.
func TestOwnProxiesByCLI(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	cli, listen := command(t, "cli"), ports.Test(t)
	run := func(want string, args ...string) {
		t.Helper()
		text, err := exec.Command(cli, append([]string{"-h", s.url}, args...)...).CombinedOutput()
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%v: %v\n%s\nwant %q", args, err, text, want)
		}
	}
	run("Created new proxy redis", "create", "-l", listen, "-u", s.dep.addr, "redis")
	run("redis", "list")
	run("Added downstream latency toxic", "toxic", "add", "-t", "latency", "-a", "latency=300", "redis")
	if took := s.at(listen).takes(); took < 300*time.Millisecond {
		t.Errorf("with 300 ms of latency a call took %v", took)
	}
	run("Proxy redis is now disabled", "toggle", "redis")
	run("Proxy redis is now enabled", "toggle", "redis")
	run("Deleted proxy redis", "delete", "redis")
}

// The requests of two more client libraries, read from their source: Ruby's
// (toxiproxy 2.0) and Node's (toxiproxy-node-client 4.1).
func TestOtherClients(t *testing.T) {
	t.Parallel()
	for name, calls := range map[string][]struct {
		method, path, body string
		status             int
		says               string
	}{
		"ruby": {
			{"POST", "/populate", `[{"name":"mysql","listen":"127.0.0.1:0","upstream":"UP"}]`, 201, `"proxies":[{"name":"mysql"`},
			{"POST", "/proxies", `{"upstream":"UP","name":"redis","listen":"localhost:0","enabled":null}`, 201, `"enabled":true`},
			{"GET", "/proxies", ``, 200, `"redis"`},
			{"POST", "/proxies/redis/toxics", `{"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1.0,"attributes":{"latency":10}}`, 200, `"latency":10`},
			{"GET", "/proxies/redis/toxics", ``, 200, `"type":"latency"`},
			{"DELETE", "/proxies/redis/toxics/latency_downstream", ``, 204, ``},
			{"GET", "/version", ``, 200, `"version":"2.`},
			{"PATCH", "/proxies/redis", `{"enabled":false}`, 200, `"enabled":false`},
			{"PATCH", "/proxies/redis", `{"enabled":true}`, 200, `"enabled":true`},
			{"DELETE", "/proxies/redis", ``, 204, ``},
			{"POST", "/reset", ``, 204, ``},
		},
		"node": {
			{"POST", "/proxies", `{"name":"redis","listen":"127.0.0.1:0","upstream":"UP"}`, 201, `"toxics":[]`},
			{"GET", "/proxies/redis", ``, 200, `"name":"redis"`},
			{"POST", "/proxies/redis", `{"enabled":false,"listen":"","upstream":"UP"}`, 200, `"enabled":false`},
			{"POST", "/proxies/redis/toxics", `{"attributes":{"rate":1000},"name":"slow","stream":"upstream","toxicity":1,"type":"bandwidth"}`, 200, `"name":"slow"`},
			{"GET", "/proxies/redis/toxics/slow", ``, 200, `"rate":1000`},
			{"POST", "/proxies/redis/toxics/slow", `{"attributes":{"rate":500},"name":"slow","stream":"upstream","toxicity":1,"type":"bandwidth"}`, 200, `"rate":500`},
			{"DELETE", "/proxies/redis/toxics/slow", ``, 204, ``},
			{"POST", "/populate", `[{"name":"redis","listen":"127.0.0.1:0","upstream":"UP"}]`, 201, `"proxies"`},
			{"POST", "/reset", ``, 204, ``},
			{"DELETE", "/proxies/redis", ``, 204, ``},
			{"GET", "/proxies/redis", ``, 404, `proxy not found`},
		},
	} {
		s := newStand(t)
		for _, c := range calls {
			if status, text := s.do(c.method, c.path, strings.ReplaceAll(c.body, "UP", s.dep.addr)); status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%s: %s %s: %d %s, want %d and %q", name, c.method, c.path, status, text, c.status, c.says)
			}
		}
	}
}
