package evidence

import (
	"bytes"
	"regexp"

	"github.com/tailback/tailback/reports/journal"
)

// Apache's error log has lines like
//
//	[Tue Oct 28 22:56:52.123456 2025] [proxy:error] [pid 12:tid 34] (111)Connection refused: AH00957: FCGI: attempt to connect to 127.0.0.1:9000 (*:80) failed
//
// with the visitor's address before AH when there is one. 2.2 had neither the
// fraction nor the module, the process and the number.
var (
	apacheHead    = regexp.MustCompile(`\[[A-Z][a-z]{2} ([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4})\] \[(?:[a-z0-9_]*:)?([a-z]+)\d*\] (?:\[pid \d+(?::tid \d+)?\] )?`)
	apacheErrno   = regexp.MustCompile(`^\((\d+)\)[^:]*: `)
	apacheClient  = regexp.MustCompile(`^\[(?:client|remote) [^\]\s]*\] `)
	apacheMessage = regexp.MustCompile(`^(AH\d{5}): `)
)

// apacheError reads Apache's error log, of a gateway or of a pool.
type apacheError struct{ stamps stamps }

func newApacheError(string) (parser, error) {
	p := &apacheError{stamps: stamps{layout: "Jan _2 15:04:05 2006"}}
	return p.parse, nil
}

func (p *apacheError) parse(text []byte) (entry, bool) {
	head := apacheHead.FindSubmatchIndex(text[:min(len(text), headWithin)])
	if head == nil {
		return entry{}, len(text) == 0
	}
	said := text[head[1]:]
	rest, failed := said, ""
	// The number of the error and the visitor come in either order.
	for range 2 {
		if m := apacheErrno.FindSubmatch(rest); m != nil {
			rest, failed = rest[len(m[0]):], string(m[1])
		}
		rest = bytes.TrimPrefix(rest, apacheClient.Find(rest))
	}
	kind, told := apacheKind(rest, failed)
	if !told && telling(text[head[6]:head[7]]) {
		kind = journal.OtherError
	}
	e := line(kind, withoutClient(said))
	e.stamp = p.stamps.parse(append(append(bytes.Clone(text[head[2]:head[3]]), ' '), text[head[4]:head[5]]...))
	return e, true
}

// withoutClient leaves out who visited, so that the same line reads the same.
func withoutClient(text []byte) []byte {
	errno := apacheErrno.Find(text)
	client := apacheClient.Find(text[len(errno):])
	if client == nil {
		return text
	}
	return append(bytes.Clone(errno), text[len(errno)+len(client):]...)
}

// apacheKind finds what a message means, and whether that is all: of the lines
// that one failure makes, one counts. The numbers of the messages are those of
// Apache 2.4's sources (proxy_util.c, mod_proxy_fcgi.c, mod_proxy_http.c,
// mpm_unix.c and the mpm modules).
func apacheKind(message []byte, failed string) (kind journal.Kind, told bool) {
	number := ""
	if m := apacheMessage.FindSubmatch(message); m != nil {
		number, message = string(m[1]), message[len(m[0]):]
	}
	begins := func(text string) bool { return bytes.HasPrefix(message, []byte(text)) }
	switch number {
	case "AH00957", "AH02454": // attempt to connect to ... failed
		return apacheConnect(failed), true
	case "AH00940": // disabled connection for
		return journal.NoLiveUpstreams, true
	case "AH01075", "AH01102": // Error dispatching request to, error reading status line from remote server
		return apacheRead(failed, message), true
	case "AH01079", "AH01114", "AH01067", "AH00898", "AH00959": // the same failure again: no connection, no header, what was asked for, and what follows for others
		return "", true
	case "AH00051", "AH00052": // child pid 1 exit signal
		return journal.WorkerKilled, true
	case "AH01071": // Got error '...': what a script wrote
		return scriptKind(message), true
	}
	switch {
	case begins("server reached MaxRequestWorkers"), begins("server reached MaxClients"), begins("scoreboard is full"):
		return journal.MaxWorkers, true
	case number == "" && begins("PHP "): // of mod_php
		return scriptKind(message), true
	}
	return "", false
}

// apacheConnect is what it means that no connection was made.
func apacheConnect(failed string) journal.Kind {
	switch failed {
	case "110", "60", apacheTimeUp:
		return journal.ConnectTimeout
	}
	if kind := connectKind(failed); kind != "" {
		return kind
	}
	return journal.OtherError
}

// Apache's own numbers for errors that are not the system's.
const (
	apacheTimeUp = "70007" // The timeout specified has expired
	apacheEnd    = "70014" // End of file found
)

// apacheRead is what it means that no answer came over a connection.
func apacheRead(failed string, message []byte) journal.Kind {
	switch failed {
	case apacheTimeUp, "110", "60":
		return journal.ReadTimeout
	case "104", "54", "32":
		return journal.UpstreamReset
	case apacheEnd, "20014": // 20014: Internal error
		return journal.UpstreamClosed
	}
	if failed == "" && bytes.HasPrefix(message, []byte("error reading status line")) {
		return journal.UpstreamClosed
	}
	return journal.OtherError
}
