package starter

import (
	"testing"

	"github.com/tailback/tailback/configs"
)

// Whatever is answered, it is refused, or it stands in the file as what it is
// and adds nothing else.
func FuzzWrite(f *testing.F) {
	f.Add("https://staging.example.com", "/checkout", "payments=api.pay.example:443", "Thank you", 8.0)
	f.Add("http://127.0.0.1:1", "/?a=%20", "db=[::1]:3306", "\"} # {\n", 0.5)
	f.Add("http://127.0.0.1:1", "/", "db=127.0.0.1\nseed: 7\n#:3306", "", 1e300)
	f.Add("http://127.0.0.1:1", "/", "{{.}}\u2028=a:1", "\x00\xff", 1e-9)
	f.Add("http://127.0.0.1:1", "/", "db=a:1", "caf\xe9", 1e6)
	f.Fuzz(func(t *testing.T, url, path, dependency, expect string, rate float64) {
		d, err := ParseDependency(dependency)
		if err != nil {
			return
		}
		a := Answers{URL: url, Path: path, Dependencies: []Dependency{d}, Expect: expect, Rate: rate}
		text, err := Write("x.yaml", "x.json", a)
		if err != nil {
			return
		}
		e, err := configs.LoadText("x.yaml", text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if path == "" {
			path = "/"
		}
		if rate == 0 {
			rate = DefaultRate
		}
		got := e.Dependencies[0]
		if e.Target.URL != url || e.Requests[0].Path != path || e.Requests[0].Expect.Body != expect || e.Phases[0].Rate.From != rate ||
			len(e.Dependencies) != 1 || got.Name != d.Name || got.Host+got.Upstream != d.Address || e.Seed != configs.DefaultSeed || len(e.Phases) != 4 {
			t.Errorf("%+v became\n%s", a, text)
		}
	})
}
