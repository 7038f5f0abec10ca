package reports

import "testing"

// Of two waits that nobody ended, the one that was watched longer says more; a timeout
// that was seen says more than either.
func TestTimeoutOn(t *testing.T) {
	slowed, hung := Timeout{Dependency: "payments", Verdict: ByNobody, HorizonS: 2.5}, Timeout{Dependency: "payments", Verdict: ByNobody, HorizonS: 40}
	seen := Timeout{Dependency: "payments", Verdict: ByApp, ObservedS: &Estimate{Value: 0.35}, HorizonS: 1}
	for name, c := range map[string]struct {
		list []Timeout
		want float64 // its horizon
	}{"the longer last": {[]Timeout{slowed, hung}, 40}, "the longer first": {[]Timeout{hung, slowed}, 40}, "one that was seen": {[]Timeout{slowed, seen, hung}, 1}} {
		if got := TimeoutOn(c.list, "payments"); got == nil || got.HorizonS != c.want {
			t.Errorf("%s: %+v, want the one watched for %g s", name, got, c.want)
		}
	}
	if got := TimeoutOn([]Timeout{hung}, "search"); got != nil {
		t.Errorf("of search: %+v", got)
	}
}
