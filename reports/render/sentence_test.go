package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports"
)

func TestRecoverySentences(t *testing.T) {
	fault := func(kind string, ill *bool, after *float64, why string) reports.Recovery {
		return reports.Recovery{Dependency: "payments", Kind: kind, Noun: noun(kind), LiftedS: 15, Ill: ill, AfterLiftS: after, Why: why}
	}
	const none = "no full second before the first fault to hold it against"
	for _, c := range []struct {
		what string
		of   []reports.Recovery
		want []string
	}{
		{"after a while", []reports.Recovery{fault("hang", ptr(true), ptr(1.0), "")}, []string{"well again 1 s after the hang on payments was lifted"}},
		{"at once", []reports.Recovery{fault("no_accept", ptr(true), ptr(0.0), "")}, []string{"well again as soon as the no accept fault on payments was lifted"}},
		{"never ill", []reports.Recovery{fault("hang", ptr(false), ptr(0.0), "")}, nil},
		{"never ill, and not seen well", []reports.Recovery{fault("hang", ptr(false), nil, "the traffic ended")}, nil},
		{"ill to the end", []reports.Recovery{fault("latency", ptr(true), nil, "the traffic ended")},
			[]string{"not seen well again after the latency on payments was lifted at 15 s: the traffic ended"}},
		{"a report without kinds", []reports.Recovery{fault("", nil, ptr(0.8), "")}, []string{"well again 800 ms after the fault on payments was lifted"}},
		{"twice the same fault", []reports.Recovery{fault("hang", ptr(true), ptr(1.0), ""), fault("hang", ptr(true), ptr(0.0), "")},
			[]string{"well again 1 s after the hang on payments was lifted at 15 s", "well again as soon as the hang on payments was lifted at 15 s"}},
		{"twice, once ill", []reports.Recovery{fault("hang", ptr(true), ptr(1.0), ""), fault("hang", ptr(false), nil, "")},
			[]string{"well again 1 s after the hang on payments was lifted"}},
		{"no baseline", []reports.Recovery{fault("hang", nil, nil, none)}, []string{"whether the site was well again after the hang on payments cannot be told: " + none}},
		{"no baseline for three", []reports.Recovery{fault("hang", nil, nil, none), fault("down", nil, nil, none), fault("reset", nil, nil, none)},
			[]string{"whether the site was well again after the hang on payments and 2 other faults cannot be told: " + none}},
	} {
		if got := recoverySentences(c.of); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

func TestOnsetSentences(t *testing.T) {
	r := drill()
	for i, want := range []string{
		"502 began 3.7 s into the run, before any fault, with 3 requests in flight at 8/s; 1 of them",
		"502 began at 4.6 s, 600 ms after payments hung, with 3 requests in flight at 8/s; 9 of them",
		"502 began at 8.7 s, 700 ms after payments hung, with 3 requests in flight at 8/s; 8 of them",
		"504 began 1.1 s after payments hung, with 3 requests in flight at 8/s; 2 of them",
		"502 began at 16 s, 20 ms after payments went down, with 3 requests in flight at 8/s; 16 of them",
	} {
		if got := onsetSentence(r, r.Onset[i]); got != want {
			t.Errorf("onset %d: %q, want %q", i, got, want)
		}
	}
	r.Onset[0].FirstS = 14.9 // after the slowing was lifted
	if got, want := onsetSentence(r, r.Onset[0]), "502 began 14.9 s into the run, with no fault in force, with"; !strings.HasPrefix(got, want) {
		t.Errorf("between faults: %q, want it to begin with %q", got, want)
	}
	r.Faults, r.Onset[0].FirstS = nil, 3.7
	if got, want := onsetSentence(r, r.Onset[0]), "502 began 3.7 s into the run, with"; !strings.HasPrefix(got, want) {
		t.Errorf("without faults: %q, want it to begin with %q", got, want)
	}
}

func TestWhatAFaultHeld(t *testing.T) {
	for _, c := range []struct {
		kind           string
		exercised      bool
		connections    *int64
		peak, requests *int64
		want           string
	}{
		{"hang", true, ptr(int64(6)), ptr(int64(4)), ptr(int64(1)), "held 6 connections (4 at once), 1 request"},
		{"latency", true, ptr(int64(6)), ptr(int64(6)), nil, "held 6 connections, requests not counted"},
		{"hang", true, nil, nil, ptr(int64(4)), "held connections, not counted, 4 requests"},
		{"hang", true, nil, nil, nil, "touched connections, not counted"},
		{"hang", false, ptr(int64(3)), ptr(int64(3)), ptr(int64(0)), "held 3 connections, 0 requests"},
		{"hang", false, ptr(int64(0)), ptr(int64(0)), ptr(int64(0)), "touched nothing"},
		{"http_error", true, ptr(int64(2)), ptr(int64(1)), ptr(int64(7)), "answered 7 requests on 2 connections"},
		{"down", true, ptr(int64(0)), ptr(int64(0)), nil, "cut 0 open connections; refused connects leave no trace here"},
		{"down", true, ptr(int64(1)), ptr(int64(1)), nil, "cut 1 open connection; refused connects leave no trace here"},
		{"down", true, nil, nil, nil, "refused connects leave no trace here"},
		{"down", false, ptr(int64(0)), ptr(int64(0)), nil, "touched nothing"},
		{"down", false, nil, nil, nil, "not known what it touched"},
		{"no_accept", true, ptr(int64(0)), ptr(int64(0)), nil, "connects left waiting leave no trace here"},
		{"no_accept", true, ptr(int64(2)), ptr(int64(0)), nil, "held 2 connections in the accept queue; connects left waiting leave no trace here"},
	} {
		f := told(reports.Fault{Kind: c.kind, Exercised: c.exercised, Connections: c.connections, PeakConnections: c.peak, RequestsHeld: c.requests})
		if got := held(f); got != c.want {
			t.Errorf("%s: %q, want %q", c.kind, got, c.want)
		}
	}
}

// A lifting is told of only where it is not plain that the fault was undone.
func TestWhetherAFaultWasUndone(t *testing.T) {
	for _, c := range []struct {
		fault reports.Fault
		want  string
	}{
		{reports.Fault{}, "not lifted"},
		{reports.Fault{LiftedS: new(9.0)}, "lifting not checked"},
		{reports.Fault{LiftedS: new(9.0), UndoConfirmed: new(false)}, "lifting not confirmed"},
		{reports.Fault{LiftedS: new(9.0), UndoConfirmed: new(true)}, ""},
	} {
		if got := undone(c.fault); got != c.want {
			t.Errorf("%+v: %q, want %q", c.fault, got, c.want)
		}
	}
}
