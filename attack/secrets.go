package attack

import (
	"net/url"
	"strings"
	"sync"
)

const (
	// leastToken is how long a value that came about must be to be looked for in all that
	// the site's logs say, in bytes: "english" is in many a line.
	leastToken = 8
	// maxRecent is how many of them are kept: at 2000 visits a second with three values
	// each those of the last 10 s, which is longer than a log is late.
	maxRecent = 65_536
)

// recent are the values that visits were given of late, cookies and captured ones, which
// no output may have, whoever quotes them. The zero recent has none.
type recent struct {
	mu      sync.Mutex
	all     map[string]bool
	starts  map[string]int // how many begin with these leastToken bytes; many sites' all do with the same
	lengths map[int]int    // how many are that long
	order   []string       // the oldest at next, once there are maxRecent
	next    int
}

// add adds a value, as it is and as it stands in a query.
func (r *recent) add(value string) {
	if len(value) < leastToken {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all, r.starts, r.lengths = map[string]bool{}, map[string]int{}, map[int]int{}
	}
	r.one(value)
	r.one(url.QueryEscape(value))
}

func (r *recent) one(value string) {
	switch {
	case r.all[value]:
		return
	case len(r.order) < maxRecent:
		r.order = append(r.order, value)
	default:
		r.count(r.order[r.next], -1)
		r.order[r.next], r.next = value, (r.next+1)%maxRecent
	}
	r.count(value, 1)
}

// count counts one value more, or one less.
func (r *recent) count(value string, by int) {
	start := value[:leastToken]
	if r.starts[start] += by; r.starts[start] == 0 {
		delete(r.starts, start)
	}
	if r.lengths[len(value)] += by; r.lengths[len(value)] == 0 {
		delete(r.lengths, len(value))
	}
	if by > 0 {
		r.all[value] = true
	} else {
		delete(r.all, value)
	}
}

// hide hides the values in a text, also one that is cut off at its end.
func (r *recent) hide(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out strings.Builder
	end := 0
	for i := 0; i+leastToken <= len(text) && len(r.starts) > 0; {
		n := r.at(text[i:])
		if n == 0 {
			i++
			continue
		}
		out.WriteString(text[end:i])
		out.WriteString(hidden)
		i += n
		end = i
	}
	return out.String() + text[end:]
}

// at is how much of the beginning of a text is a value; 0 when none is.
func (r *recent) at(text string) (longest int) {
	if r.starts[text[:leastToken]] == 0 {
		return 0
	}
	for n := range r.lengths {
		if n > longest && n <= len(text) && r.all[text[:n]] {
			longest = n
		}
	}
	if longest == 0 && !strings.ContainsAny(text, " \t\"'&;,<>)") {
		return len(text) // cut off
	}
	return longest
}

// Hide hides what the visits were given of late in what others say of them.
func (a *Attack) Hide(text string) string { return a.recent.hide(text) }
