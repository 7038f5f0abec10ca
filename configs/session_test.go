package configs

import (
	"strings"
	"testing"
)

func TestSharedSessions(t *testing.T) {
	t.Setenv("SESSION", "PHPSESSID=hush-hush")
	const head = "version: 1\ntarget: {url: \"http://127.0.0.1:1\"}\ndata: [{name: s, file: s.csv}]\nrequests: [{path: /, headers: [COOKIE]}]\n"
	const open = "phases: [{name: p, duration: 1s, rate: 8}]\n"
	for _, row := range []struct {
		cookie, phases, name string
	}{
		{`"Cookie: PHPSESSID=hush1"`, open, "PHPSESSID"},
		{`"cookie: lang=de; PHPSESSID=hush1; a=b"`, open, "PHPSESSID"},
		{"{name: Cookie, value: {env: SESSION}}", open, "PHPSESSID"},
		{`"Cookie: {{env SESSION}}"`, open, "PHPSESSID"},
		{`"Cookie: laravel_session=hush1"`, open, "laravel_session"},
		{`"Cookie: connect.sid=hush1"`, open, "connect.sid"},
		{`"Cookie: JSESSIONID=hush1"`, open, "JSESSIONID"},
		{`"Cookie: __Host-session=hush1"`, open, "__Host-session"},
		{`"Cookie: PHPSESSID=hush1"`, "phases: [{name: p, duration: 1s, burst: 2}]\n", "PHPSESSID"},
		{`"Cookie: PHPSESSID=hush1"`, "phases: [{name: p, duration: 1s, concurrency: 1}]\n", ""}, // one after the other
		{`"Cookie: PHPSESSID={{s.id}}"`, open, ""},
		{`"Cookie: PHPSESSID=a{{s.id}}; csrf=hush1"`, open, ""},
		{`"Cookie: lang=de; session_seen=1; _ga=GA1"`, open, ""},
		{`"Cookie: PHPSESSID="`, open, ""},
		{`"X-Session: PHPSESSID=hush1"`, open, ""},
	} {
		file := write(t, "x.yaml", strings.NewReplacer("COOKIE", row.cookie, "s.csv", write(t, "s.csv", "id\n1\n")).Replace(head)+row.phases)
		found := load(t, file, nil).SharedSessions()
		switch {
		case row.name == "" && len(found) > 0, row.name != "" && (len(found) != 1 || !strings.Contains(found[0].Text, "one session ("+row.name+") serves") || found[0].Path != "requests[0].headers[0].value"):
			t.Errorf("%s: got %v, want %q", row.cookie, found, row.name)
		case len(found) > 0 && !strings.Contains(found[0].Text, "(the report says session_lock where it shows); give each visitor a session of its own"): // as it does
			t.Errorf("%s: got %v, which is not what a report says", row.cookie, found)
		case len(found) > 0 && strings.Contains(found[0].Text, "hush"):
			t.Errorf("%s: tells a secret", row.cookie)
		}
	}
}
