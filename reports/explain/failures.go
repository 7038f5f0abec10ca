package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// classWords says what the classes of bad hits mean to a reader who has not seen
// their names, in the order in which they are told.
var classWords = []struct{ class, words string }{
	{"body", "not the body expected"},
	{"capture_failed", "value to capture not found"},
	{"client_timeout", "no answer in time"},
	{"refused", "connection refused"},
	{"reset", "connection reset"},
	{"closed", "connection closed early"},
	{"connect_timeout", "no connection in time"},
	{"dns", "name not found"},
	{"tls", "no TLS session"},
	{"protocol", "no HTTP"},
	{"too_large", "answer too large"},
	{"other", "another error"},
}

// statusesTold is how many bad statuses are told one by one; the others are summed up.
const statusesTold = 3

// failures lists what went wrong, such as "56 × 502, 2 × no answer in time".
func failures(t *reports.Traffic) string {
	var parts []string
	rest := int64(0)
	byCount := slices.SortedFunc(maps.Keys(t.Failed), func(x, y string) int {
		return cmp.Or(cmp.Compare(t.Failed[y], t.Failed[x]), cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	})
	for i, code := range byCount {
		if i < statusesTold {
			parts = append(parts, fmt.Sprintf("%s × %s", words.Count(t.Failed[code]), code))
		} else {
			rest += t.Failed[code]
		}
	}
	if rest > 0 {
		parts = append(parts, words.Count(rest)+" × another status")
	}
	for _, c := range classWords {
		if n := t.Classes[c.class]; n > 0 {
			parts = append(parts, words.Count(n)+" × "+c.words)
		}
	}
	return strings.Join(parts, ", ")
}
