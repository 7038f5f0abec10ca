package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"mime/quotedprintable"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

const mark = "[hidden]"

// A secret with what every escape is for in it, as it may be quoted.
func TestHide(t *testing.T) {
	h := New([]string{`a&b<c>"d"'e'/f+g h\i=é`, "plain-word", "Hush5 pass/word"}, 4)
	for _, row := range []struct{ says, want string }{
		{`a&b<c>"d"'e'/f+g h\i=é`, "[hidden]"},
		{"named: a&amp;b&lt;c&gt;&quot;d&quot;&apos;e&apos;/f+g h\\i=&eacute;", "named: [hidden]"},
		{"PHP's: a&amp;b&lt;c&gt;&quot;d&quot;&#039;e&#039;/f+g h\\i=é!", "PHP's: [hidden]!"},
		{"Go's: a&amp;b&lt;c&gt;&#34;d&#34;&#39;e&#39;/f&#43;g h\\i=é", "Go's: [hidden]"},
		{"hexadecimal: a&#x26;b&#X3c;c&#x00003E;&#x22;d&#x22;&#x27;e&#x27;&#x2f;f&#x2B;g&#x20;h&#x5c;i&#x3d;&#xe9;", "hexadecimal: [hidden]"},
		{"without an end: a&#38b&#60c&#62&#34d&#34&#39e&#39/f+g h\\i=é", "without an end: [hidden]"},
		{`JSON: {"x": "a\u0026b\u003cc\u003e\"d\"'e'\/f+g h\\i=\u00E9"}`, `JSON: {"x": "[hidden]"}`},
		{`nginx: "a&b<c>\x22d\x22'e'/f+g h\x5Ci=\xC3\xA9"`, `nginx: "[hidden]"`},
		{"query: x=a%26b%3Cc%3E%22d%22%27e%27%2Ff%2Bg+h%5Ci%3D%C3%A9&y=1", "query: x=[hidden]&y=1"},
		{"in small letters: a%26b%3cc%3e%22d%22%27e%27/f%2bg%20h%5ci%3d%c3%a9", "in small letters: [hidden]"},
		{"mixed: a%26b&lt;c\\u003e\"d\"'e'/f+g h\\\\i=é", "mixed: [hidden]"},
		{"quoted-printable: a&b<c>\"d\"'e'/f+=\r\ng h\\i=3D=C3=A9", "quoted-printable: [hidden]"},
		{"a URL in HTML: a%26amp%3Bb%26lt%3Bc%26gt%3B%26%2334%3Bd%26%2334%3B%26%2339%3Be%26%2339%3B%2Ff%2Bg+h%5Ci%3D%C3%A9.", "a URL in HTML: [hidden]."},
		{"HTML twice: a&amp;amp;b&amp;lt;c&amp;gt;&amp;quot;d&amp;quot;&amp;#39;e&amp;#39;/f+g h\\i=é.", "HTML twice: [hidden]."},
		{"base64: cGxhaW4td29yZA== Basic dXNlcjpwbGFpbi13b3Jk.", "base64: [hidden] Basic dXNlcj[hidden]."},
		{"its places: eHBsYWluLXdvcmR4eA eHhwbGFpbi13b3JkeHg eHh4cGxhaW4td29yZHh4", "its places: e[hidden]4eA eH[hidden]eHg eHh4[hidden]h4"},
		{"broken: eHh4cGxh\r\naW4td29yZHh4", "broken: eHh4[hidden]h4"},
		{"cut off: plain-w... and a&amp;b&lt;... and plai&#x6e;&#x2", "cut off: [hidden]... and [hidden]... and [hidden]"},
		{"too little: pla... and pla", "too little: pla... and pla"},
		{"over each other: plain-wordplain-word", "over each other: [hidden]"},
		{"none: plain word, plan-word, &amp; %26 = \\ +", "none: plain word, plan-word, &amp; %26 = \\ +"},
	} {
		if got := h.Hide(row.says, mark); got != row.want {
			t.Errorf("%q\n gives %q\n want  %q", row.says, got, row.want)
		}
	}
}

// encodings are ways to write a text down.
var encodings = []func(string) string{
	html.EscapeString,
	func(s string) string { return each(s, func(r rune) string { return fmt.Sprintf("&#%d;", r) }) },
	func(s string) string { return each(s, func(r rune) string { return fmt.Sprintf("&#x%04X;", r) }) },
	func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	func(s string) string {
		return each(s, func(r rune) string {
			if a, b := utf16.EncodeRune(r); a != utf8.RuneError {
				return fmt.Sprintf(`\u%04x\u%04x`, a, b)
			}
			return fmt.Sprintf(`\u%04x`, r)
		})
	},
	url.QueryEscape,
	url.PathEscape,
	func(s string) string {
		return each(s, func(r rune) string { return strings.ReplaceAll(fmt.Sprintf(" % x", string(r)), " ", "%") })
	},
	func(s string) string { return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%+q", s), `"`), `"`) },
	func(s string) string {
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		w.Binary = true // else it changes the ends of lines
		w.Write([]byte(s))
		w.Close()
		return b.String()
	},
}

// each writes some of the characters down by with, and the others as they are.
func each(s string, with func(rune) string) string {
	var b strings.Builder
	for i, r := range s {
		if r < 0x80 && ('a' <= r && r <= 'z') && i%3 > 0 {
			b.WriteRune(r)
		} else {
			b.WriteString(with(r))
		}
	}
	return b.String()
}

// encoded writes a secret down by up to three encodings over each other, or in
// base64 with something before and after it, which may be escaped in turn. whole is
// all that must go.
func encoded(r *rand.Rand, secret string) (text, whole string) {
	text = secret
	draw := func(n int) {
		for range r.IntN(n) {
			text = encodings[r.IntN(len(encodings))](text)
		}
	}
	if r.IntN(2) == 0 {
		draw(4)
		return text, text
	}
	text = []string{secret, html.EscapeString(secret), url.QueryEscape(secret), encodings[3](secret)}[r.IntN(4)]
	before, alphabet := r.IntN(9), []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding}[r.IntN(2)]
	all := alphabet.EncodeToString([]byte("Login pw:"[:before] + text + "\r\n and more"[:r.IntN(9)]))
	bits := 8 * (before + len(text))
	whole = all[(8*before+5)/6 : bits/6]
	text = all
	if r.IntN(3) == 0 && len(text) > 20 {
		text = text[:16] + "\r\n" + text[16:]
	}
	draw(3)
	return text, whole
}

// FuzzHide draws secrets, and ways to write them down, and finds none in what is left.
func FuzzHide(f *testing.F) {
	for seed := range uint64(400) {
		f.Add([]string{"a&b<c>\"d\"'e'", "p%41q+r s", "\\u0026&amp;", "Grüße-日本-🔒", "====", "++++", "%%%%", "a=b\r\nc", "user:Passw0rd/+", "%000"}[seed%10], seed)
	}
	f.Fuzz(func(t *testing.T, secret string, seed uint64) {
		if len(secret) < 4 || len(secret) > 200 || !utf8.ValidString(secret) || strings.Contains(mark, secret) || strings.ContainsRune(secret, 0) {
			return
		}
		r := rand.New(rand.NewPCG(seed, 13))
		text, whole := encoded(r, secret)
		for _, says := range []string{text, "the page said: " + text + " and more"} {
			out := New([]string{secret, "another secret"}, 4).Hide(says, mark)
			if strings.Contains(out, whole) || strings.Contains(out, text) || !strings.Contains(out, mark) {
				t.Errorf("of the secret %q, written as %q, %q leaves %q", secret, text, says, out)
			}
			if !strings.HasPrefix(out, says[:min(len(says), 1)]) && !strings.HasPrefix(out, mark) {
				t.Errorf("of %q is left %q: it begins otherwise", says, out)
			}
		}
	})
}

// No text makes it long.
func TestHideEnds(t *testing.T) {
	h := New([]string{strings.Repeat("=\n", 40) + "x", strings.Repeat("%25", 40) + "x", strings.Repeat("a", 100)}, 4)
	for _, unit := range []string{"=\n", "%25", "%", "&amp;", "\\\\", "a", "=", "+"} {
		h.Hide(strings.Repeat(unit, 4000/len(unit)), mark)
	}
}

func BenchmarkHide(b *testing.B) {
	var secrets []string
	for i := range 30 {
		secrets = append(secrets, fmt.Sprintf("secret-%d/%x", i, i*7919))
	}
	h := New(secrets, 4)
	line := `2026/11/28 21:51:23 [error] 31#31: *7 connect() to unix:/run/php.sock failed (11: Resource temporarily unavailable) while connecting to upstream, client: 10.0.0.1, server: shop, request: "GET /checkout.php?id=1&page=2 HTTP/1.1", upstream: "fastcgi://unix:/run/php.sock:", host: "shop.example.com"`
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		h.Hide(line, mark)
	}
}
