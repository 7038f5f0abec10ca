package evidence

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// dockerJSON is a line as docker's json-file driver writes it.
func dockerJSON(t testing.TB, text, stream string) string {
	t.Helper()
	log, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return `{"log":` + string(log) + `,"stream":"` + stream + `","time":"2026-11-24T04:22:33.123456789Z"}`
}

// Whatever carried it here, a line of each log says what it says alone.
func TestLinesAreUnwrapped(t *testing.T) {
	const at = "2026-11-24T04:22:33.123456789Z "
	wrappings := map[string]func(string) string{
		"docker's json-file":            func(s string) string { return dockerJSON(t, s+"\n", "stderr") },
		"with its line end":             func(s string) string { return dockerJSON(t, s+"\r\n", "stdout") },
		"compose":                       func(s string) string { return "php-1  | " + s },
		"compose, old":                  func(s string) string { return "my_web.site_1 | " + s },
		"compose, coloured":             func(s string) string { return "\x1b[36mphp-1  | \x1b[0m" + s },
		"compose --timestamps":          func(s string) string { return "php-1  | " + at + s },
		"docker service logs":           func(s string) string { return "web.1.0a1b2c@node-1    | " + s },
		"docker logs --timestamps":      func(s string) string { return at + s },
		"kubectl --prefix":              func(s string) string { return "[pod/php-7d8f9-x2k/php] " + s },
		"kubectl --prefix --timestamps": func(s string) string { return "[pod/php-7d8f9-x2k/php] " + at + s },
		"a container runtime's file":    func(s string) string { return at + "stdout F " + s },
		"syslog, the kernel's way":      func(s string) string { return "<187>Nov  4 22:56:52 web-1 php-fpm[12]: " + s },
		"syslog with an ISO time":       func(s string) string { return "2026-11-24T04:22:33.12+01:00 web-1 nginx: " + s },
		"a shipper's JSON": func(s string) string {
			b, _ := json.Marshal(map[string]string{"message": s, "host": "web"})
			return string(b)
		},
		"journald's JSON": func(s string) string {
			b, _ := json.Marshal(map[string]string{"MESSAGE": s, "_PID": "1"})
			return string(b)
		},
		"docker's json-file, over compose": func(s string) string { return "php-1  | " + dockerJSON(t, s+"\n", "stdout") },
	}
	logs := map[string]struct {
		newOne func(string) (parser, error)
		format string
		lines  []string
		kind   journal.Kind
		code   int32
	}{
		"error":       {newNginxError, "", []string{realLines[0]}, journal.QueueFull, 0},
		"access":      {newNginxAccess, "", []string{realLines[3]}, journal.Access, 200},
		"json":        {newNginxAccess, "", []string{realLines[4]}, journal.Access, 504},
		"php":         {newPHPAccess, "", []string{realLines[5]}, journal.Access, 200},
		"php's dated": {newPHPAccess, "", []string{realLines[6]}, journal.Access, 404},
		"php's own":   {newPHPAccess, "%t %m %s", []string{"24/Nov/2026:04:22:33 +0000 GET 503"}, journal.Access, 503},
		"guessed":     {newPHPAccess, "", []string{`x GET 200 0.5s 512 kB 2.00% "/a 404 7 ms"`}, journal.Access, 200},
		"slow":        {newPHPSlow, "", strings.Split(strings.TrimSuffix(realLines[7], "\n"), "\n"), journal.Waiting, 0},
	}
	for of, log := range logs {
		read := func(parse parser, wrap func(string) string) (kind journal.Kind, e entry) {
			for _, text := range log.lines {
				one, ok := parse([]byte(wrap(text)))
				if !ok {
					t.Errorf("%s: %s is not read", of, wrap(text))
				}
				if one.kind != "" {
					kind, e = one.kind, one
				}
			}
			return kind, e
		}
		_, alone := read(newParser(t, log.newOne, log.format), func(s string) string { return s })
		for name, wrap := range wrappings {
			kind, e := read(unwrapping(newParser(t, log.newOne, log.format)), wrap)
			if kind != log.kind || e.code != log.code || e.took != alone.took || e.cpu != alone.cpu || !e.stamp.at.Equal(alone.stamp.at) || string(e.text) != string(alone.text) {
				t.Errorf("%s in %s: got %+v, want %+v", of, name, e, alone)
			}
		}
	}
}

// What begins like a wrapping is left as it is where it is the line's own.
func TestLinesOfTheirOwnAreNotUnwrapped(t *testing.T) {
	for _, row := range []struct {
		newOne       func(string) (parser, error)
		format, text string
		code         int32
	}{
		{newPHPAccess, "%R | %s | %{milliseconds}d", "127.0.0.1 | 502 | 12.5", 502},
		{newPHPAccess, "%{%Y-%m-%dT%H:%M:%SZ}t %s", "2026-11-24T04:22:33Z 502", 502},
		{newNginxAccess, "", `{"log":"access","stream":"main","status":502}`, 502},
		{newNginxAccess, "", `{"message":"handled","status":502}`, 502},
	} {
		if e, ok := unwrapping(newParser(t, row.newOne, row.format))([]byte(row.text)); !ok || e.code != row.code {
			t.Errorf("%s: got %v, %+v, want %d", row.text, ok, e, row.code)
		}
	}
	for _, text := range []string{"php-1  | ", "php-1  | nothing", `{"log":5}`, `{"message":"x"}`, dockerJSON(t, "NOTICE: ready\n", "stderr")} {
		if e, ok := unwrapping(newParser(t, newPHPAccess, ""))([]byte(text)); ok {
			t.Errorf("%s: got %+v, want it not to be read", text, e)
		}
	}
}

// A container runtime cuts long lines: what was cut is one line again, whatever
// the other stream says between, and what never ends is bounded.
func TestLinesThatWereCutAreJoined(t *testing.T) {
	head, tail := realLines[3][:60], realLines[3][60:]
	parse := unwrapping(newParser(t, newNginxAccess, ""))
	for i, row := range []struct {
		text string
		want int32 // -1 is a line that can't be read
	}{
		{"2026-11-24T04:22:33.1Z stdout P " + head, 0},
		{"2026-11-24T04:22:33.1Z stderr F noise", -1},
		{"2026-11-24T04:22:33.1Z stdout F " + tail, 200},
		{"2026-11-24T04:22:33.1Z stdout F " + realLines[3], 200},
		{dockerJSON(t, head, "stdout"), 0},
		{dockerJSON(t, tail+"\n", "stdout"), 200},
	} {
		e, ok := parse([]byte(row.text))
		if got := e.code; ok != (row.want >= 0) || ok && got != row.want {
			t.Errorf("line %d: got %v, %d, want %d", i, ok, got, row.want)
		}
		if row.want > 0 && string(e.text) != "GET /external?ms=100 HTTP/1.1" {
			t.Errorf("line %d: got %q of a line that was put together", i, e.text)
		}
	}
	parts := wrapped{}
	long := "2026-11-24T04:22:33.1Z stdout P " + strings.Repeat("x", maxLine/2)
	for range 5 {
		parts.open([]byte(long))
	}
	if n := len(parts["stdout"]); n != maxLine {
		t.Errorf("kept %d bytes, want %d", n, maxLine)
	}
}
