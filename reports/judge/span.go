package judge

import "math"

// span is what a figure lies in, its ends included.
type span struct{ low, high float64 }

// least is the span of what is low or more.
func least(low float64) span { return span{low, math.Inf(1)} }

// ends are the ends of s; nil is one that nothing bounds.
func (s span) ends() (low, high *float64) {
	if !math.IsInf(s.high, 1) {
		high = &s.high
	}
	return &s.low, high
}

// holds says whether a figure in s compares so to a limit in another: true when it
// does wherever both lie, false when it does not, nil when that depends.
func (s span) holds(op string, limit span) *bool {
	var always, never bool
	switch op {
	case "<":
		always, never = s.high < limit.low, s.low >= limit.high
	case "<=":
		always, never = s.high <= limit.low, s.low > limit.high
	case ">":
		always, never = s.low > limit.high, s.high <= limit.low
	case ">=":
		always, never = s.low >= limit.high, s.high < limit.low
	default:
		one := s.low == s.high && limit.low == limit.high
		always, never = one && s.low == limit.low, s.high < limit.low || s.low > limit.high
	}
	if !always && !never {
		return nil
	}
	return &always
}
