package chaos

import (
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
)

// oneOfEach returns a fault of each kind, with a delay of a second where the kind has one.
func oneOfEach() []configs.Fault {
	const delay = time.Second
	return []configs.Fault{
		{Latency: &configs.Latency{Delay: configs.Dose{From: delay, To: delay}}},
		{Hang: &configs.Hang{}},
		{Reset: &configs.Reset{}},
		{Close: &configs.Close{}},
		{Down: &configs.Down{}},
		{NoAccept: &configs.NoAccept{}},
		{Bandwidth: &configs.Bandwidth{Rate: 1000}},
		{SlowClose: &configs.SlowClose{Delay: delay}},
		{Slice: &configs.Slice{Size: 1, Delay: delay}},
		{Limit: &configs.Limit{Bytes: 1}},
		{HTTPError: &configs.HTTPError{Status: 500}},
		{DNS: &configs.DNS{Delay: delay}},
		{SlowDial: &configs.SlowDial{Delay: delay}},
	}
}

// The table of kinds says what the effects do.
func TestTheTableOfKindsIsTrue(t *testing.T) {
	faults := oneOfEach()
	if len(faults) != len(configs.FaultKinds()) {
		t.Fatalf("%d kinds are tried of %d", len(faults), len(configs.FaultKinds()))
	}
	for i, k := range configs.FaultKinds() {
		f := faults[i]
		if f.Kind() != k.Name {
			t.Fatalf("kind %d is %s, want %s", i, f.Kind(), k.Name)
		}
		called, err := effectOf(f, false)
		if err != nil {
			t.Fatal(err)
		}
		is := func(what string, got, want bool) {
			t.Helper()
			if got != want {
				t.Errorf("%s: it %s: %v, and the table says %v", k.Name, what, got, want)
			}
		}
		is("cuts", called.counts == countCuts, k.Cuts)
		is("answers", called.counts == countAnswers, k.Answers)
		is("acts on connects through the egress", called.connect != nil, k.At == configs.AtConnect)
		is("acts on ends", called.counts == countEnds, k.At == configs.AtEnd)
		is("waits for its delay", called.size == time.Second, k.Wait == configs.WaitDelay)
		if c := called.connect; c != nil {
			is("refuses connects", c.err != nil, k.Refuses)
			is("holds connects until it is lifted", c.wait == untilLifted, k.Wait == configs.WaitLifting)
		}
		listened, err := effectOf(f, true)
		if k.Name == "no_accept" && !canStall {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		is("acts on the listener", listened.shut != nil, k.OnListener())
		is("leaves connects unseen", listened.unheard, k.OnListener())
	}
}
