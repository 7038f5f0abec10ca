package egress

import (
	"fmt"
	"net/http"
)

// Class says why the egress refused a client or a request.
type Class string

// The classes.
const (
	Malformed       Class = "malformed"        // no request, or one with several readings
	TooLarge        Class = "head_too_large"   // a head that does not end within 32 KB
	TooSlow         Class = "head_too_slow"    // a head that was not whole within 10 s
	TooMany         Class = "too_many"         // more than 4096 connections at once, or no descriptors left
	ForbiddenClient Class = "forbidden_client" // its address is not allowed
	ForbiddenHost   Class = "forbidden_host"   // an address or a port that is never connected to
	Unsupported     Class = "unsupported"      // not absolute http:// and not CONNECT
	Pipelined       Class = "pipelined"        // a request for another host before the last was answered
)

// statuses are how each class is answered, where it can be.
var statuses = map[Class]int{
	Malformed: http.StatusBadRequest, TooLarge: http.StatusRequestHeaderFieldsTooLarge, TooSlow: http.StatusRequestTimeout,
	TooMany: http.StatusServiceUnavailable, ForbiddenClient: http.StatusForbidden, ForbiddenHost: http.StatusForbidden,
	Unsupported: http.StatusBadRequest, Pipelined: http.StatusBadRequest,
}

// Refusal is the error of a client or a request that is not served.
type Refusal struct {
	Class Class
	Why   string
}

func refuse(class Class, why string, args ...any) *Refusal {
	return &Refusal{class, fmt.Sprintf(why, args...)}
}

// Error says why.
func (r *Refusal) Error() string { return r.Why }

// answer is the whole HTTP answer that tells it.
func (r *Refusal) answer() []byte { return answer(statuses[r.Class], r.Why) }

// answer writes a whole HTTP answer, after which the connection ends.
func answer(status int, text string) []byte {
	text = "tailback egress: " + text + "\n"
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), len(text), text)
}
