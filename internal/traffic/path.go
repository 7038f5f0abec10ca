package traffic

import (
	"fmt"
	"regexp"
	"strings"
)

// cleanPath writes a path as an experiment takes it: it begins with one slash, and
// what a URL can't hold is escaped.
func cleanPath(raw string) string {
	if at := strings.Index(raw, "://"); at > 0 && at < 10 && !strings.HasPrefix(raw, "/") {
		_, rest, _ := strings.Cut(raw[at+3:], "/")
		raw = rest
	}
	raw, _, _ = strings.Cut(raw, "#")
	return "/" + escapeRest(strings.TrimLeft(raw, "/"))
}

func cleanQuery(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	return escapeRest(raw)
}

// escapeRest escapes what is not escaped and can't stand as it is, braces with it:
// two of them would be a placeholder.
func escapeRest(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '%' && (i+2 >= len(raw) || !isHex(raw[i+1]) || !isHex(raw[i+2])):
			b.WriteString("%25")
		case c <= ' ' || c >= 0x7f || strings.IndexByte(`{}"<>\^|`+"`", c) >= 0:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// staticFile finds the files that a browser loads for a page, by their names.
var staticFile = regexp.MustCompile(`(?i)\.(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wav|m4[av]|wasm|webmanifest)$`)

func static(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return staticFile.MatchString(path)
}

var notInNames = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// nameOf makes a name of a path: /shop/cart is shop-cart, / is home.
func nameOf(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	path = envPlaceholder.ReplaceAllString(path, "key")
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToValidUTF8(unescaped(path), ""), "-"), "-")
	if name == "" {
		name = "home"
	}
	if method != "" && method != "GET" {
		name = strings.ToLower(method) + "-" + name
	}
	return name
}
