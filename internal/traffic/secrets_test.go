package traffic

import (
	"strings"
	"testing"
)

const jwt = "eyJhbGciOiJIUzI1NiJ9.hushpayload.hushsignature"

// Wherever a secret stands in what is read, it is neither in what is written nor in
// what is told.
func TestSecretsStayOut(t *testing.T) {
	log := func(request string) string {
		return `1 - - [29/Nov/2026:09:00:00 +0100] "` + request + ` HTTP/1.1" 200 1 "https://x/?token=hush" "-"` + "\n"
	}
	har := func(request, answer string) string {
		return `{"log":{"entries":[{"request":{"method":"GET","url":"http://127.0.0.1/","headers":[{"name":"Cookie","value":"sid=hush"}]},"response":{"status":200,` + answer +
			`}},{"request":{"method":"POST","url":"http://127.0.0.1/b",` + request + `},"response":{"status":200}}]}}`
	}
	for name, in := range map[string]string{
		"log: query":           log("GET /a?api_key=hush-1&q=x"),
		"log: query by itself": log("GET /a?x=" + jwt),
		"log: name":            log("GET /a?" + jwt),
		"log: path":            log("GET /reset/hush0f1e2d3c4b5a/now"),
		"log: path by itself":  log("GET /a/" + jwt),
		"log: mail":            log("GET /unsubscribe/hush@example.com"),
		"log: session in path": log("GET /a;jsessionid=hush123"),
		"log: static":          log("GET /d/hush0f1e2d3c4b5a69788796/a.png?sig=hush"),
		"log: behind #":        log("POST /a?password=hush&secret=hush"),
		"log: broken":          log("GET /a") + "\x16\x03 token=hush https://eva:hush@x/ " + jwt + "\n",
		"log: address":         log("GET http://eva:hush@shop.example/a?token=hush"),
		"curl: login":          "curl -u eva:hush http://127.0.0.1/",
		"curl: logins":         "curl -u eva:hush http://127.0.0.1/\ncurl -u eva:hush2 http://127.0.0.1/",
		"curl: userinfo":       "curl http://eva:hush@127.0.0.1/",
		"curl: headers":        "curl http://127.0.0.1/ -H 'X-Api-Key: hush' -H 'Authorization: Basic aHVzaA==hush' -b 'a=hush' -H 'Cookie: b=hush' -H 'X-Else: " + jwt + "'",
		"curl: form":           "curl http://127.0.0.1/ -d 'user=a&pwd=hush' --data-urlencode 'token=hush x'",
		"curl: json":           `curl http://127.0.0.1/ --json '{"a":[{"password":"hush"}],"b":1.0,"pin":"hush","c":"` + jwt + `"}'`,
		"curl: xml":            "curl http://127.0.0.1/ -H 'Content-Type: text/xml' -d '<a><password>hush</password></a>'",
		"curl: odd body":       "curl http://127.0.0.1/ -H 'Content-Type: text/plain' -d 'password=hush'",
		"curl: parts":          "curl http://127.0.0.1/ -F password=hush",
		"curl: unknown":        "curl http://127.0.0.1/ --proxy-user eva:hush --no-flag-of-curls=hush --config hush",
		"curl: bearer":         "curl http://127.0.0.1/?a=b#hush --oauth2-bearer hush",
		"vegeta":               "GET http://127.0.0.1/a/" + jwt + "?auth=hush&x=" + jwt + "\nCookie: a=hush\nauthorization: bearer hush\n",
		"har: form":            har(`"postData":{"mimeType":"application/x-www-form-urlencoded","text":"email=hush@example.com&password=hush"}`, `"content":{}`),
		"har: params":          har(`"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"password","value":"hush"}]}`, `"content":{}`),
		"har: parts":           har(`"postData":{"mimeType":"multipart/form-data; boundary=b","text":"--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nhush\r\n--b--\r\n"}`, `"content":{}`),
		"har: answer":          har(`"headers":[{"name":"X-CSRF-Token","value":"hush-1"}]`, `"cookies":[{"name":"sid","value":"hush-1"}],"content":{"mimeType":"text/html","text":"<input name=token value=hush-1>"}`),
		"openapi":              "openapi: 3.0.0\ninfo: {title: x, version: y}\npaths: {/a: {get: {parameters: [{name: api_key, in: query, required: true, example: hush}, {name: X-Token, in: header, required: true, example: hush}], responses: {}}}}",
	} {
		for _, keep := range []bool{false, true} {
			d, err := Read(strings.NewReader(in), Options{Name: "x", KeepQueries: keep})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			text, _ := loaded(t, d)
			if told := text + strings.Join(d.Notes, "\n"); strings.Contains(told, "hush") || strings.Contains(told, "eyJ") {
				t.Errorf("%s: a secret is in\n%s", name, told)
			}
		}
	}
}

// The same secret is one variable, another of the same name is a second one.
func TestVariables(t *testing.T) {
	d, err := Read(strings.NewReader("curl http://127.0.0.1/ -H 'X-Token: a1'\ncurl http://127.0.0.1/ -H 'X-Token: a1'\ncurl http://127.0.0.1/ -H 'X-Token: b2'\ncurl http://127.0.0.1/ -H \"X-Token: $MINE\""), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range d.Requests {
		names = append(names, r.Headers[0].Value.Env)
	}
	if got := strings.Join(names, " "); got != "STAGING_X_TOKEN STAGING_X_TOKEN STAGING_X_TOKEN_2 MINE" || len(d.Needed()) != 3 {
		t.Errorf("got %s, and %v", got, d.Needed())
	}
}
