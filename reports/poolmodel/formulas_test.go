package poolmodel

import (
	"math"
	"strings"
	"testing"
)

var forever = math.Inf(1)

// article is the site of physics.md 5: W = 4, B + 1 = 17, S0 = 0.1 s, R = 10 s.
var article = Site{Workers: 4, QueueSlots: 17, ServiceS: 0.1, Share: 1, GatewayTimeoutS: 10}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if got != want && !(math.Abs(got-want) <= tolerance) { // also +Inf
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tolerance)
	}
}

func TestCapacity(t *testing.T) {
	for _, row := range []struct {
		name string
		site Site
		hold float64
		want float64
	}{
		{"4 workers, half a second each", Site{Workers: 4, ServiceS: 0.5}, 0, 8},
		{"healthy, 4 / 0.1", article, 0, 40},
		{"3 s timeout, 4 / 3.1", article, 3, 1.2903},
		{"1 s timeout, 4 / 1.1", article, 1, 3.6364},
		{"0.35 s timeout, 4 / 0.45", article, 0.35, 8.8889},
		{"calls that never end", article, forever, 0},
		{"never ends, but nobody calls", Site{Workers: 4, ServiceS: 0.5}, forever, 8},
		{"half of the requests call, 4 / (0.1 + 0.5)", Site{Workers: 4, ServiceS: 0.1, Share: 0.5}, 1, 6.6667},
		{"three tries each, 4 / (0.1 + 3)", Site{Workers: 4, ServiceS: 0.1, Share: 3}, 1, 1.2903},
		{"requests that take no time", Site{Workers: 4}, 0, forever},
	} {
		near(t, row.name, row.site.Capacity(row.hold), row.want, 1e-4)
	}
}

func TestHold(t *testing.T) {
	near(t, "a hang without a timeout", Hold(forever, 0), forever, 0)
	near(t, "a hang with one", Hold(forever, 1), 1, 0)
	near(t, "a delay below it", Hold(0.2, 1), 0.2, 0)
	near(t, "a delay without one", Hold(2, 0), 2, 0)
}

func TestBudget(t *testing.T) {
	busySite, patient := article, article
	busySite.ServiceS, patient.GatewayTimeoutS = 0.5, 0
	for _, row := range []struct {
		name       string
		site       Site
		rate, busy float64
		want       float64
		ok         bool
	}{
		{"4/8 - 0.1", article, 8, 1, 0.4, true},
		{"with headroom, 0.8 x 4/8 - 0.1", article, 8, Headroom, 0.3, true},
		{"half of the requests call: twice that", Site{Workers: 4, ServiceS: 0.1, Share: 0.5}, 8, 1, 0.8, true},
		{"own work takes all of the workers", busySite, 8, 1, 0, false},
		{"own work takes more than that", busySite, 20, 1, 0, false},
		{"so seldom that the gateway's patience is the limit, 10 - 0.1", article, 0.01, 1, 9.9, true},
		{"the same with two calls each", Site{Workers: 4, ServiceS: 0.1, Share: 2, GatewayTimeoutS: 10}, 0.01, 1, 4.95, true},
		{"a gateway that never gives up, 400 - 0.1", patient, 0.01, 1, 399.9, true},
		{"nothing arrives, nobody gives up", patient, 0, 1, forever, true},
		{"no calls", Site{Workers: 4, ServiceS: 0.1}, 8, 1, forever, true},
		{"no calls, and too much work", Site{Workers: 4, ServiceS: 0.6}, 8, 1, forever, false},
		{"own work longer than R", Site{Workers: 99, ServiceS: 11, Share: 1, GatewayTimeoutS: 10}, 1, 1, 0, false},
	} {
		got, ok := row.site.Budget(row.rate, row.busy)
		near(t, row.name, got, row.want, 1e-9)
		if ok != row.ok {
			t.Errorf("%s: exists: got %v, want %v", row.name, ok, row.ok)
		}
	}
}

func TestWorkersNeeded(t *testing.T) {
	for _, row := range []struct {
		name       string
		site       Site
		rate, hold float64
		want       int
		ok         bool
	}{
		{"8 x 1.1 = 8.8", article, 8, 1, 9, true},
		{"8 x 0.5 = 4, not 5 for a rounding error", article, 8, 0.4, 4, true},
		{"60 x (0.1 + 0.7) = 48, whose product is 48.000000000000007", article, 60, 0.7, 48, true},
		{"nothing arrives", article, 0, 1, 1, true},
		{"for ever", article, 8, forever, 0, false},
		{"too many to be meant", article, 1e9, 1, 0, false},
	} {
		got, ok := row.site.WorkersNeeded(row.rate, row.hold)
		if got != row.want || ok != row.ok {
			t.Errorf("%s: got %d, %v, want %d, %v", row.name, got, ok, row.want, row.ok)
		}
	}
}

// physics.md 3, 4, 5 and 12; the derivation is in the comment of Onset.
func TestOnset(t *testing.T) {
	half := Site{Workers: 4, QueueSlots: 17, ServiceS: 0.5, GatewayTimeoutS: 10}
	tcp := article
	tcp.TCP = true
	patient := article
	patient.GatewayTimeoutS = 0
	for _, row := range []struct {
		name               string
		site               Site
		rate, hold         float64
		first502, first504 float64
	}{
		{"a hang: 21/8, and the first visitor waits R", article, 8, forever, 2.625, 10},
		{"a hang, and a gateway that never gives up", patient, 8, forever, 2.625, forever},
		{"3 s: request 12, due 1.5 s, is the first to wait longer than R", article, 8, 3, 2.625, 11.5},
		{"1 s: four turns of 4 and 17, (16 + 17)/8", article, 8, 1, 4.125, forever},
		{"0.35 s holds", article, 8, 0.35, forever, forever},
		{"8/s on 8/s holds", half, 8, 0, forever, forever},
		{"8.4/s on 8/s: 86 turns, (344 + 17)/8.4", half, 8.4, 0, 42.976, forever},
		{"a hang on TCP: nobody is refused", tcp, 8, forever, forever, 10},
		{"1 s on TCP: the first who can't connect waits until R at most", tcp, 8, 1, forever, 14.125},
		{"nothing arrives", article, 0, forever, forever, forever},
	} {
		o := row.site.Onset(row.rate, row.hold)
		near(t, row.name+": first 502", o.First502S, row.first502, 1e-3)
		near(t, row.name+": first 504", o.First504S, row.first504, 1e-3)
	}
}

// physics.md 3: 2.619 s was measured where S + Q/C = 0.5 + 17/8 = 2.625 s.
// physics.md 5: 5.9 to 6.2 s where 1.1 + 17/3.636 = 5.775 s.
func TestLongest(t *testing.T) {
	half := Site{Workers: 4, QueueSlots: 17, ServiceS: 0.5}
	near(t, "half a second", half.LongestS(0), 2.625, 1e-9)
	near(t, "1 s timeout", article.LongestS(1), 5.775, 1e-9)
	near(t, "a hang", article.LongestS(forever), forever, 0)
	near(t, "no work", Site{Workers: 1, QueueSlots: 5}.LongestS(0), 0, 0)
}

func TestHolds(t *testing.T) {
	slow := article
	slow.GatewayTimeoutS = 0.3
	for _, row := range []struct {
		name       string
		site       Site
		rate, hold float64
		want       bool
	}{
		{"just the budget", article, 8, 0.4, true},
		{"a little above it", article, 8, 0.401, false},
		{"the gateway gives up before", slow, 1, 0.35, false},
		{"never ends", article, 0.001, forever, false},
	} {
		if got := row.site.Holds(row.rate, row.hold); got != row.want {
			t.Errorf("%s: got %v, want %v", row.name, got, row.want)
		}
	}
}

func TestValidateNamesEveryMistake(t *testing.T) {
	bad := Scenario{Site: Site{QueueSlots: -1, ServiceS: math.NaN(), Share: 1001, DependencyS: forever, GatewayTimeoutS: -1}, Faults: []Fault{{HoldS: math.NaN()}}, SelfShare: 2, HorizonS: 1e6}
	err := bad.Validate()
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{"workers 0", "queue slots -1", "service time NaN", "share 1001", "dependency time +Inf", "gateway timeout -1", "fault hold NaN", "self share 2", "horizon 1e+06"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: lacks %q", err, want)
		}
	}
}
