package reports

import (
	"fmt"
	"slices"
)

// The exit codes of a run; design.md has the table.
const (
	exitOK           = 0
	exitMissed       = 1
	exitInconclusive = 3
	exitInterrupted  = 130
)

// judge sets the verdict, the exit code and the warnings.
//
// An objective missed on valid data is a failure, whatever else went wrong; only
// a run that was cut short, or may have left a fault, ends with a code of its own.
// Else a run that can't be relied on is inconclusive: never green because
// nothing was tested. A generator that failed makes the objectives of its
// phases impossible to judge; where there are no objectives it is the run
// itself that can't be relied on.
func (a *run) judge(r *Report, f fidelity, disagreements, logDoubts []string) {
	doubts := a.doubts(r, f)
	r.Warnings = append([]string{}, slices.Concat(a.warnings(r), logDoubts, disagreements, doubts, a.events.warnings)...)
	missed, unjudged := 0, 0
	for _, o := range r.Objectives {
		switch {
		case o.OK == nil:
			unjudged++
		case !*o.OK:
			missed++
		}
	}
	switch {
	case missed > 0:
		r.Verdict, r.ExitCode = Fail, exitMissed
	case len(doubts) > 0 || unjudged > 0:
		r.Verdict, r.ExitCode = Inconclusive, exitInconclusive
	case len(r.Objectives) == 0:
		r.Verdict, r.ExitCode = None, exitOK
	default:
		r.Verdict, r.ExitCode = Pass, exitOK
	}
	switch {
	case r.Outcome == interrupted && !a.stuck(): // a fault that may be left is worse than having been interrupted
		r.ExitCode = exitInterrupted
	case r.Outcome != complete, a.stuck(): // what it missed by then is said, but it did not see the test through
		r.ExitCode = exitInconclusive
	}
}

// stuck reports whether the run could not show that every fault was lifted.
func (a *run) stuck() bool { return a.manifest.Outcome != nil && !a.manifest.Outcome.Undone }

// doubts are the reasons why the run as a whole can't be relied on.
func (a *run) doubts(r *Report, f fidelity) []string {
	list := []string{}
	switch {
	case r.Outcome == killed:
		list = append(list, "the run was killed before it could say how it ended: the figures are of what had been written by then; "+leftBehind(a.manifest.Toxiproxy))
	case r.Outcome == aborted && a.stuck():
		list = append(list, "the run was stopped by "+r.OutcomeWhy+": no more was sent; the figures are of what had been sent by then")
	case r.Outcome == aborted:
		list = append(list, "the run was stopped by "+r.OutcomeWhy+": no more was sent and every fault was lifted at once; the figures are of what had been sent by then")
	case r.Outcome == failed && r.OutcomeWhy != "":
		list = append(list, "the run was cut short: "+r.OutcomeWhy)
	case r.Outcome != complete:
		list = append(list, fmt.Sprintf("the run was cut short (%s): the figures are of what had been sent by then", r.Outcome))
	}
	if all, why := a.scope(""); why != "" || all.sent == 0 {
		list = append(list, "no request outside the warm-up was sent and waited for")
	}
	for _, fault := range r.Faults {
		if !fault.Exercised && !fault.Uncounted {
			list = append(list, a.untouched(fault))
		}
		if fault.UndoConfirmed != nil && !*fault.UndoConfirmed {
			list = append(list, fmt.Sprintf("the fault on %s (%s) could not be shown to be lifted: look before you trust %s again", fault.Dependency, fault.Kind, fault.Dependency))
		}
	}
	if a.stuck() {
		list = append(list, "not every fault could be shown to be lifted: look before you trust the dependencies again")
	}
	if len(r.Objectives) == 0 {
		if why := f.doubt(a.manifest, func(i int) bool { return !a.manifest.Phases[i].Warmup }); why != "" {
			list = append(list, why)
		}
	}
	return list
}

// leftBehind is what became of the faults of a killed run, which were played in
// its own process, or else at that URL.
func leftBehind(toxiproxy string) string {
	if toxiproxy == "" {
		return "its faults ended with it"
	}
	return "tailback proxy lifts the faults of a dead run within 3 s, but a Toxiproxy server keeps them: see whether tailback lift finds any at " + toxiproxy
}

// warnings are what a reader must know and what does not by itself spoil the run.
func (a *run) warnings(r *Report) []string {
	list := []string{}
	if !r.Fidelity.OK {
		list = append(list, "the load generator did not do all that was asked: "+r.Fidelity.Why)
	}
	for i, p := range r.Phases {
		if r.Outcome == complete && p.Kind != open && p.Hits == 0 && a.lasted(i) > 0 {
			list = append(list, "no request was sent in phase "+p.Name)
		}
	}
	for _, fault := range r.Faults {
		if r.Outcome == complete && fault.LiftedS == nil {
			list = append(list, fmt.Sprintf("nothing says when the fault on %s (%s), applied at %s, was lifted",
				fault.Dependency, fault.Kind, span(fault.AppliedS)))
		}
		if fault.Uncounted {
			list = append(list, fmt.Sprintf("whether the fault on %s (%s) touched a request is not known, because a plain Toxiproxy server counts nothing; what is said of it holds if it did: see that the site calls %s through that server",
				fault.Dependency, fault.Kind, fault.Dependency))
		}
	}
	if n := a.baselineS; n > 0 && n < 3 && len(r.Recovery) > 0 {
		list = append(list, fmt.Sprintf("the baseline is %d s long, which is short to know how a healthy site behaves", n))
	}
	if len(r.EgressRefused) > 0 {
		list = append(list, refusedWords(r.EgressRefused))
	}
	return list
}
