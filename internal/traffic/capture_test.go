package traffic

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// recorded is a recording of an answer, and of a request behind it that sends text.
func recorded(t *testing.T, answer map[string]any, header, text string) (*Draft, error) {
	t.Helper()
	const site = "http://127.0.0.1:8081"
	entry := func(request, response map[string]any) map[string]any {
		return map[string]any{"startedDateTime": "2026-11-29T09:00:00Z", "time": 1, "request": request, "response": response}
	}
	answer["status"] = 200
	content, err := json.Marshal(map[string]any{"log": map[string]any{"entries": []any{
		entry(map[string]any{"method": "GET", "url": site + "/?typed=typed-1234"}, answer),
		entry(map[string]any{"method": "GET", "url": site + "/next?a=" + text, "headers": []any{map[string]string{"name": header, "value": text}}}, map[string]any{"status": 200}),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return Read(strings.NewReader(string(content)), Options{Name: "x"})
}

// Where a value is taken: at the first place that finds this value and no other.
func TestCaptures(t *testing.T) {
	page := func(kind, text string) map[string]any {
		return map[string]any{"content": map[string]any{"mimeType": kind, "text": text}}
	}
	for name, row := range map[string]struct {
		answer map[string]any
		text   string
		want   string // "" for none
	}{
		"field":            {page("text/html", `<input name="user[t]" value="abc-12345">`), "abc-12345", `html input[name="user[t]"] value user_t`},
		"second of a name": {page("text/html", `<form id=a><input name=t value=aaaa-1111></form><form id=b><input name=t value=bbbb-2222></form>`), "bbbb-2222", "html form#b input[name=t] value t"},
		"third in a form":  {page("text/html", `<form id=a><input name=t value=aaaa-1111><input name=t value=bbbb-2222><input name=t value=cccc-3333></form>`), "cccc-3333", ""},
		"button":           {page("text/html; charset=utf-8", `<button name=go value=abc-12345>`), "abc-12345", "html button[name=go] value go"},
		"script":           {page("text/html", `<script>x = {"nonce": "abcdefgh"}</script>`), "abcdefgh", `regexp nonce["']?\s*[:=]\s*["']([^"']+)  nonce`},
		"script, second":   {page("text/html", `<script>nonce = "aaaaaaaa"; nonce = "abcdefgh"</script>`), "abcdefgh", ""},
		"JSON":             {page("application/json", `{"a/b": [{"~": 1}, {"id": "abc-12345"}]}`), "abc-12345", "json /a~1b/1/id  a_b_id"},
		"header":           {map[string]any{"headers": []any{map[string]string{"name": "X-Csrf", "value": "abcd"}}}, "abcd", "header X-Csrf  X_Csrf"},
		"cookie":           {map[string]any{"headers": []any{map[string]string{"name": "Set-Cookie", "value": "a=1; Path=/\nXSRF-TOKEN=abcdef; Secure"}}}, "abcdef", "cookie XSRF-TOKEN  XSRF_TOKEN"},
		"own word":         {page("application/json", `{"uuid": "2f1c9a6e-3b1d-4c5e-9f7a-0123456789ab"}`), "2f1c9a6e-3b1d-4c5e-9f7a-0123456789ab", "json /uuid  the_uuid"},
		"typed before":     {page("text/html", `<input name=q value=typed-1234>`), "typed-1234", ""},
		"a word":           {page("text/html", `<input name=color value=turquoise>`), "turquoise", ""},
		"base64":           {map[string]any{"content": map[string]any{"mimeType": "text/html", "encoding": "base64", "text": "PGlucHV0IG5hbWU9dCB2YWx1ZT1hYmMtMTIzNDU+"}}, "abc-12345", "html input[name=t] value t"},
	} {
		d, err := recorded(t, row.answer, "X-Value", row.text)
		if err != nil {
			t.Fatal(name, err)
		}
		loaded(t, d)
		first, second := d.Visits[0].Steps[0], d.Visits[0].Steps[1]
		got, sent := "", row.text
		if len(first.Captures) > 0 {
			c := first.Captures[0]
			got, sent = fmt.Sprintf("%s %s %s %s", c.Kind, c.Where, c.Attribute, c.Name), "{{"+c.Name+"}}"
		}
		if got != row.want || second.Path != "/next?a="+sent || second.Headers[0].Value.Text != sent {
			t.Errorf("%s: got %q, want %q; sends %+v", name, got, row.want, second)
		}
	}
}
