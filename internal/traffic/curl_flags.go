package traffic

import (
	"net/url"
	"strings"
)

// curlFlag is what a flag of curl means for an experiment. One with neither do nor
// other means nothing for it: what is shown, and where answers are put.
type curlFlag struct {
	value bool
	do    func(c *curl, value string) error
	other string // why it is left out, and what to write instead
}

// shortFlags are the flags of one letter.
var shortFlags = map[rune]string{
	'X': "--request", 'H': "--header", 'd': "--data", 'F': "--form", 'u': "--user", 'b': "--cookie", 'k': "--insecure", 'G': "--get", 'A': "--user-agent",
	'e': "--referer", 'I': "--head", 'L': "--location", 'T': "--upload-file", 'r': "--range", 's': "--silent", 'S': "--show-error", 'v': "--verbose",
	'i': "--include", 'f': "--fail", 'o': "--output", 'O': "--remote-name", 'w': "--write-out", 'm': "--max-time", 'c': "--cookie-jar", 'D': "--dump-header",
	'N': "--no-buffer", '#': "--progress-bar", 'x': "--proxy", 'E': "--cert", 'K': "--config", 'g': "--globoff", 'J': "--remote-header-name", 'j': "--junk-session-cookies",
	'4': "--ipv4", '6': "--ipv6", '0': "--http1.0", '1': "--tlsv1", 'n': "--netrc", 'q': "--disable", 'Z': "--parallel", 'U': "--proxy-user", 'C': "--continue-at",
}

// longFlags are all flags that are known.
var longFlags = map[string]curlFlag{
	"--request":         {value: true, do: func(c *curl, v string) error { c.method = v; return nil }},
	"--url":             {value: true, do: func(c *curl, v string) error { c.urls = append(c.urls, v); return nil }},
	"--header":          {value: true, do: (*curl).header},
	"--data":            {value: true, do: (*curl).formData},
	"--data-ascii":      {value: true, do: (*curl).formData},
	"--data-binary":     {value: true, do: (*curl).formData},
	"--data-raw":        {value: true, do: (*curl).rawData},
	"--data-urlencode":  {value: true, do: (*curl).encodedData},
	"--json":            {value: true, do: (*curl).jsonData},
	"--form":            {value: true, do: (*curl).part},
	"--form-string":     {value: true, do: (*curl).partText},
	"--user":            {value: true, do: func(c *curl, v string) error { c.user = &v; return nil }},
	"--basic":           {},
	"--oauth2-bearer":   {value: true, do: func(c *curl, v string) error { return c.header("Authorization: Bearer " + v) }},
	"--cookie":          {value: true, do: (*curl).cookie},
	"--insecure":        {do: func(c *curl, _ string) error { c.b.Insecure = true; return nil }},
	"--location":        {do: func(c *curl, _ string) error { c.b.Redirect = true; return nil }},
	"--get":             {do: func(c *curl, _ string) error { c.get = true; return nil }},
	"--head":            {do: func(c *curl, _ string) error { c.head = true; return nil }},
	"--user-agent":      {value: true, do: func(c *curl, v string) error { return c.header("User-Agent: " + v) }},
	"--referer":         {value: true, do: func(c *curl, v string) error { return c.header("Referer: " + strings.TrimSuffix(v, ";auto")) }},
	"--range":           {value: true, do: func(c *curl, v string) error { return c.header("Range: bytes=" + v) }},
	"--compressed":      {do: func(c *curl, _ string) error { return c.header("Accept-Encoding: gzip, deflate, br") }},
	"--upload-file":     {value: true, do: (*curl).upload},
	"--resolve":         {value: true, other: "write target: {url: ADDRESS, host: NAME} instead"},
	"--connect-to":      {value: true, other: "write target: {url: ADDRESS, host: NAME} instead"},
	"--cert":            {value: true, other: "the site wants a client's certificate"},
	"--key":             {value: true, other: "the site wants a client's certificate"},
	"--cacert":          {value: true, other: "write target: {ca_file: FILE}"},
	"--capath":          {value: true, other: "write target: {ca_file: FILE}"},
	"--unix-socket":     {value: true, other: "the site is at a unix socket"},
	"--interface":       {value: true, other: "the address from which it is sent"},
	"--proxy":           {value: true, other: "write target: {use_proxy: true} and set https_proxy"},
	"--proxy-user":      {value: true, other: "write target: {use_proxy: true} and set https_proxy"},
	"--noproxy":         {value: true},
	"--digest":          {other: "digest authentication"},
	"--ntlm":            {other: "NTLM authentication"},
	"--negotiate":       {other: "Kerberos authentication"},
	"--aws-sigv4":       {value: true, other: "a signature that each request has to have anew"},
	"--netrc":           {other: "write target: {user: NAME, password: {env: NAME}}"},
	"--netrc-file":      {value: true, other: "write target: {user: NAME, password: {env: NAME}}"},
	"--config":          {value: true, other: "the flags in that file"},
	"--continue-at":     {value: true, other: "where a download goes on"},
	"--max-time":        {value: true, other: "write target: {timeout: ...}"},
	"--connect-timeout": {value: true},
	"--http2":           {}, "--http2-prior-knowledge": {other: "HTTP/2 without TLS"}, "--http3": {other: "HTTP/3"}, "--http1.1": {}, "--http1.0": {other: "HTTP/1.0"},
	"--silent": {}, "--show-error": {}, "--verbose": {}, "--include": {}, "--fail": {}, "--fail-with-body": {}, "--fail-early": {}, "--remote-name": {}, "--no-buffer": {},
	"--progress-bar": {}, "--globoff": {}, "--remote-header-name": {}, "--junk-session-cookies": {}, "--ipv4": {}, "--ipv6": {}, "--tlsv1": {}, "--tlsv1.2": {},
	"--tlsv1.3": {}, "--disable": {}, "--parallel": {}, "--path-as-is": {}, "--tcp-nodelay": {}, "--ssl-reqd": {}, "--location-trusted": {do: func(c *curl, _ string) error { c.b.Redirect = true; return nil }},
	"--output": {value: true}, "--write-out": {value: true}, "--cookie-jar": {value: true}, "--dump-header": {value: true}, "--stderr": {value: true},
	"--trace": {value: true}, "--trace-ascii": {value: true}, "--retry": {value: true}, "--retry-delay": {value: true}, "--retry-max-time": {value: true},
	"--retry-connrefused": {}, "--retry-all-errors": {}, "--max-redirs": {value: true}, "--ciphers": {value: true}, "--keepalive-time": {value: true},
	"--limit-rate": {value: true, other: "how fast it reads"}, "--max-filesize": {value: true}, "--create-dirs": {}, "--raw": {}, "--tr-encoding": {}, "--styled-output": {},
}

func (c *curl) header(text string) error {
	name, value, colon := strings.Cut(text, ":")
	name = strings.TrimSpace(name)
	switch {
	case strings.HasPrefix(text, "@"):
		c.kept = append(c.kept, "--header @file (the headers in that file)")
	case !colon:
		if bare, empty := strings.CutSuffix(name, ";"); empty {
			c.headers = append(c.headers, field{name: bare})
		}
	case strings.TrimSpace(value) != "": // else it takes one of curl's own away
		c.headers = append(c.headers, field{name: name, value: strings.TrimSpace(value)})
	}
	return nil
}

const formType = "application/x-www-form-urlencoded"

func (c *curl) formData(text string) error {
	c.kind = formType
	if name, ok := strings.CutPrefix(text, "@"); ok {
		return c.bodyFile(name)
	}
	c.data = append(c.data, text)
	return nil
}

// bodyFile is a body that is a file; beside other data its text is put to them.
func (c *curl) bodyFile(name string) error {
	switch {
	case name == "-":
		c.kept = append(c.kept, "@- (what it reads from standard input)")
		c.data = append(c.data, "")
		return nil
	case len(c.data) == 0 && c.file == "":
		c.file = name
		return nil
	}
	text, err := fileText(name)
	c.data = append(c.data, text)
	return err
}

func (c *curl) rawData(text string) error {
	c.kind = formType
	c.data = append(c.data, text)
	return nil
}

// encodedData is --data-urlencode: content, =content, name=content, @file, name@file.
func (c *curl) encodedData(text string) (err error) {
	c.kind = formType
	name, value, found := strings.Cut(text, "=")
	if at := strings.IndexByte(text, '@'); at >= 0 && (!found || at < len(name)) {
		name = text[:at]
		if value, err = fileText(text[at+1:]); err != nil {
			return err
		}
	} else if !found {
		name, value = "", text
	}
	if name != "" {
		name += "="
	}
	c.data = append(c.data, name+url.QueryEscape(value))
	return nil
}

func (c *curl) jsonData(text string) error {
	c.kind = "application/json"
	if !has(c.headers, "Accept") {
		c.headers = append(c.headers, field{name: "Accept", value: "application/json"})
	}
	if name, ok := strings.CutPrefix(text, "@"); ok {
		return c.bodyFile(name)
	}
	if n := len(c.data); n > 0 { // several are one text
		c.data[n-1] += text
	} else {
		c.data = append(c.data, text)
	}
	return nil
}

// part is -F name=value, name=@file or name=<file, with ;type= and such behind it.
func (c *curl) part(text string) error {
	name, value, _ := strings.Cut(text, "=")
	switch {
	case name == "":
		return nil
	case strings.HasPrefix(value, "@"):
		file, _, _ := strings.Cut(value[1:], ";")
		c.parts = append(c.parts, field{name: name, file: strings.Trim(file, `"`)})
	case strings.HasPrefix(value, "<"):
		file, _, _ := strings.Cut(value[1:], ";")
		content, err := fileText(strings.Trim(file, `"`))
		if err != nil {
			return err
		}
		c.parts = append(c.parts, field{name: name, value: content})
	default:
		value, _, _ = strings.Cut(value, ";type=")
		c.parts = append(c.parts, field{name: name, value: value})
	}
	return nil
}

func (c *curl) partText(text string) error {
	name, value, _ := strings.Cut(text, "=")
	if name != "" {
		c.parts = append(c.parts, field{name: name, value: value})
	}
	return nil
}

func (c *curl) cookie(text string) error {
	if !strings.Contains(text, "=") {
		if _, variable := shellVariable(text); !variable {
			c.kept = append(c.kept, "--cookie FILE (the cookies in that file)")
			return nil
		}
	}
	c.headers = append(c.headers, field{name: "Cookie", value: text})
	return nil
}

func (c *curl) upload(name string) error {
	if c.method == "" {
		c.method = "PUT"
	}
	return c.bodyFile(name)
}
