// Package judge holds a run against its objectives: which were met, whether the
// run can be relied on at all, and the exit code that says so.
package judge

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/words"
)

// The exit codes of a run; design.md has the table.
const (
	exitOK           = 0
	exitMissed       = 1
	exitInconclusive = 3
	exitInterrupted  = 130
)

// Run sets the verdict, the exit code and the warnings.
//
// An objective missed on valid data is a failure, whatever else went wrong; only
// a run that was cut short, or may have left a fault, ends with a code of its own.
// Else a run that can't be relied on is inconclusive: never green because
// nothing was tested. A generator that failed makes the objectives of its
// phases impossible to judge; where there are no objectives it is the run
// itself that can't be relied on.
func Run(run *measure.Run, r *reports.Report, f measure.Fidelity, heard []string) {
	tellAstray(r)
	tellExpired(r)
	doubts := doubts(run, r, f)
	r.Warnings = append([]string{}, slices.Concat(warnings(run, r), heard, doubts, run.Events.Warnings)...)
	missed, unjudged := 0, ""
	for _, o := range r.Objectives {
		switch {
		case o.OK == nil:
			unjudged = cmp.Or(unjudged, fmt.Sprintf("objective %q could not be judged: %s", o.Text, o.Why))
		case !*o.OK:
			missed++
		}
	}
	switch {
	case missed > 0:
		r.Verdict, r.ExitCode = reports.Fail, exitMissed
	case len(doubts) > 0 || unjudged != "":
		r.Verdict, r.ExitCode = reports.Inconclusive, exitInconclusive
		r.VerdictWhy = append(doubts, unjudged)[0]
	case len(r.Objectives) == 0:
		r.Verdict, r.ExitCode = reports.None, exitOK
	default:
		r.Verdict, r.ExitCode = reports.Pass, exitOK
	}
	switch {
	case r.Outcome == reports.OutcomeInterrupted && !stuck(run): // a fault that may be left is worse than having been interrupted
		r.ExitCode = exitInterrupted
	case r.Outcome != reports.OutcomeComplete, stuck(run): // what it missed by then is said, but it did not see the test through
		r.ExitCode = exitInconclusive
	}
}

// stuck reports whether the run could not show that every fault was lifted.
func stuck(run *measure.Run) bool { return run.Manifest.Outcome != nil && !run.Manifest.Outcome.Undone }

// doubts are the reasons why the run as a whole can't be relied on.
func doubts(run *measure.Run, r *reports.Report, f measure.Fidelity) []string {
	list := append([]string{}, slices.Concat(AstrayWords(r), expiredWords(r))...)
	switch {
	case r.Outcome == reports.OutcomeKilled:
		list = append(list, "the run was killed before it could say how it ended: the figures are of what had been written by then; "+leftBehind(run.Manifest.Toxiproxy))
	case r.Outcome == reports.OutcomeAborted && stuck(run):
		list = append(list, "the run was stopped by "+r.OutcomeWhy+": no more was sent; the figures are of what had been sent by then")
	case r.Outcome == reports.OutcomeAborted:
		list = append(list, "the run was stopped by "+r.OutcomeWhy+": no more was sent and every fault was lifted at once; the figures are of what had been sent by then")
	case r.Outcome == reports.OutcomeFailed && r.OutcomeWhy != "":
		list = append(list, "the run was cut short: "+r.OutcomeWhy)
	case r.Outcome != reports.OutcomeComplete:
		list = append(list, fmt.Sprintf("the run was cut short (%s): the figures are of what had been sent by then", r.Outcome))
	}
	if all, why := scopeOf(run, "", ""); why != "" || all.Sent == 0 {
		list = append(list, "no request outside the warm-up was sent and waited for")
	}
	for _, fault := range r.Faults {
		if !fault.Exercised && !fault.Uncounted {
			list = append(list, run.Untouched(fault))
		}
		if fault.UndoConfirmed != nil && !*fault.UndoConfirmed {
			list = append(list, fmt.Sprintf("the fault on %s (%s) could not be shown to be lifted: look before you trust %s again", fault.Dependency, fault.Kind, fault.Dependency))
		}
	}
	if stuck(run) {
		list = append(list, "not every fault could be shown to be lifted: look before you trust the dependencies again")
	}
	if len(r.Objectives) == 0 {
		if why := f.Doubt(run.Manifest, func(i int) bool { return !run.Manifest.Phases[i].Warmup }); why != "" {
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
func warnings(run *measure.Run, r *reports.Report) []string {
	list := []string{}
	if !r.Fidelity.OK {
		list = append(list, "the load generator did not do all that was asked: "+r.Fidelity.Why)
	}
	for i, p := range r.Phases {
		if r.Outcome == reports.OutcomeComplete && p.Kind != reports.OpenPhase && p.Hits == 0 && run.Lasted(i) > 0 {
			list = append(list, "no request was sent in phase "+p.Name)
		}
	}
	for _, fault := range r.Faults {
		if r.Outcome == reports.OutcomeComplete && fault.LiftedS == nil {
			list = append(list, fmt.Sprintf("nothing says when the fault on %s (%s), applied at %s, was lifted",
				fault.Dependency, fault.Kind, words.Moment(fault.AppliedS)))
		}
		if fault.Uncounted {
			list = append(list, fmt.Sprintf("whether the fault on %s (%s) touched a request is not known, because a plain Toxiproxy server counts nothing; what is said of it holds if it did: see that the site calls %s through that server",
				fault.Dependency, fault.Kind, fault.Dependency))
		}
	}
	if n := run.BaselineS; n > 0 && n < 3 && len(r.Recovery) > 0 {
		list = append(list, fmt.Sprintf("the baseline is %d s long, which is short to know how a healthy site behaves", n))
	}
	if len(r.EgressRefused) > 0 {
		list = append(list, measure.RefusedWords(r.EgressRefused))
	}
	return list
}
