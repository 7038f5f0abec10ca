package accesslog

import (
	"strconv"
	"time"
)

// stamps reads times. Most lines have that of the line before.
type stamps struct {
	last string
	time time.Time
	ok   bool
}

func (s *stamps) parse(text []byte) (time.Time, bool) {
	if string(text) == s.last {
		return s.time, s.ok
	}
	s.last = string(text)
	s.time, s.ok = parseStamp(s.last)
	return s.time, s.ok
}

// layouts are those of nginx's $time_local and $time_iso8601, and what Apache's %t
// is set to; Go reads fractions of a second in each.
var layouts = [...]string{"02/Jan/2006:15:04:05 -0700", time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "02/Jan/2006:15:04:05"}

// parseStamp reads a time as logs write it, or seconds, milliseconds, microseconds
// or nanoseconds since 1970.
func parseStamp(text string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, t.Year() > 1970 && t.Year() < 3000
		}
	}
	since, err := strconv.ParseFloat(text, 64)
	for _, unit := range []float64{1, 1e3, 1e6, 1e9} {
		// From 1973 to 2286, in each of the units: they do not overlap.
		if seconds := since / unit; err == nil && seconds >= 1e8 && seconds < 1e10 {
			return time.UnixMicro(int64(seconds * 1e6)).UTC(), true
		}
	}
	return time.Time{}, false
}
