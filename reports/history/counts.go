package history

import (
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/words"
)

// A night's verdict says little about which of its figures are good: a run that
// missed an objective, or could not judge one, measured as well as any. What spoils
// figures is a load that was not as asked (those of its phases, and of the site), a fault that touched
// nothing (those of its phase and of what came after: the site was never hurt), and
// an end before a phase's own (those of that phase).

// trusted reports whether the load was as asked.
func (r *run) trusted() bool { return r.Fidelity == nil || r.Fidelity.OK }

// untrusted reports whether it was not, and nothing says in which phases.
func (r *run) untrusted() bool {
	return !r.trusted() && !slices.ContainsFunc(r.Phases, func(p phase) bool { return p.Doubt != "" })
}

// doubted are the phases in which it was not.
func (r *run) doubted() (names []string) {
	for _, p := range r.Phases {
		if p.Doubt != "" && !p.Warmup {
			names = append(names, p.Name)
		}
	}
	return names
}

// spoiled are the phases from the first on in which a fault touched nothing.
func (r *run) spoiled() (names []string) {
	from := len(r.Phases)
	for _, f := range r.Faults {
		if f.Exercised || f.Uncounted {
			continue
		}
		if i := slices.IndexFunc(r.Phases, func(p phase) bool { return p.Name == f.Phase }); i >= 0 {
			from = min(from, i)
		}
	}
	for _, p := range r.Phases[from:] {
		names = append(names, p.Name)
	}
	return names
}

// note says which of the figures do not count, and why.
func (r *run) note() string {
	if r.untrusted() {
		return "no figure counts, since the load was not as asked: " + r.Fidelity.Why
	}
	if !r.trusted() {
		return words.Join(append(r.doubted(), "what the run tells of the site")) + " do not count, since the load was not as asked: " + r.Fidelity.Why
	}
	if names := r.spoiled(); names != nil {
		return words.Join(names) + words.Either(int64(len(names)), " does", " do") + " not count, since a fault touched nothing"
	}
	var cut []string
	for _, p := range r.Phases {
		if p.CutShort && !p.Warmup {
			cut = append(cut, p.Name)
		}
	}
	if cut != nil {
		return words.Join(cut) + words.Either(int64(len(cut)), " does", " do") + " not count, since the run ended before " + words.Either(int64(len(cut)), "it", "them")
	}
	if r.Outcome != reports.OutcomeComplete && r.Outcome != "" {
		return "it ended before its time"
	}
	return ""
}
