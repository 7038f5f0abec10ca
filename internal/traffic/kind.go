package traffic

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/tailback/tailback/internal/accesslog"
)

// Kind is what something that is read is.
type Kind string

// The kinds.
const (
	Nginx   Kind = "nginx"
	Apache  Kind = "apache"
	HAR     Kind = "har"
	Vegeta  Kind = "vegeta"
	OpenAPI Kind = "openapi"
	Curl    Kind = "curl"
)

// Kinds are all there are.
func Kinds() []Kind { return []Kind{Nginx, Apache, HAR, Vegeta, OpenAPI, Curl} }

func kindList() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

var (
	curlLine   = regexp.MustCompile(`(?m)^\s*(\$ )?curl(\.exe)?\s`)
	vegetaLine = regexp.MustCompile(`^\s*[A-Z]+ https?://`)
	openAPIKey = regexp.MustCompile(`(?m)^\s*\{?\s*["']?openapi["']?\s*:`)
	swaggerKey = regexp.MustCompile(`(?m)^\s*\{?\s*["']?swagger["']?\s*:\s*["']?2`)
	harKey     = regexp.MustCompile(`^\s*\{\s*"log"\s*:\s*\{`)
	postmanKey = regexp.MustCompile(`schema\.getpostman\.com`)
	errSwagger = errors.New("it is Swagger 2.0; convert it to OpenAPI 3 first, such as by https://converter.swagger.io")
	errPostman = errors.New("it is a collection of Postman, which is not read; Postman can write requests as curl")
	errUnknown = errors.New("what it is can't be told by its content; say it by --from " + strings.ReplaceAll(kindList(), ", ", "|"))
	notBlank   = regexp.MustCompile(`(?m)^\s*[^#\s].*$`)
)

// linesTried is how many lines are looked at for one of a log.
const linesTried = 20

// recognise tells a kind by what it begins with.
func recognise(start []byte) (Kind, error) {
	start = bytes.TrimPrefix(start, []byte("\xef\xbb\xbf"))
	first := bytes.TrimSpace(notBlank.Find(start))
	switch {
	case harKey.Match(start):
		return HAR, nil
	case vegetaLine.Match(first) || vegetaJSON(first):
		return Vegeta, nil
	case isLog(start):
		return Nginx, nil
	case swaggerKey.Match(start):
		return "", errSwagger
	case openAPIKey.Match(start):
		return OpenAPI, nil
	case postmanKey.Match(start):
		return "", errPostman
	case curlLine.Match(start):
		return Curl, nil
	}
	return "", errUnknown
}

// vegetaJSON reports whether a line is a target of Vegeta: its URL is a whole one, and
// nothing tells of an answer.
func vegetaJSON(line []byte) bool {
	var t struct {
		Method, URL string
		Status      any
	}
	return json.Unmarshal(line, &t) == nil && t.Method != "" && t.Status == nil && strings.Contains(t.URL, "://")
}

// isLog reports whether one of the first lines is that of an access log.
func isLog(start []byte) bool {
	n := 0
	for line := range bytes.Lines(start) {
		if n++; n > linesTried {
			break
		}
		if r, err := accesslog.NewReader(bytes.NewReader(line)).Next(); err == nil && r.Status > 0 {
			return true
		}
	}
	return false
}
