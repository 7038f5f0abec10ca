package compare

import (
	"slices"

	"github.com/tailback/tailback/reports"
)

// The figures of traffic that are ratios.
const (
	errorsFigure   = "errors"
	degradedFigure = "degraded"
)

// trafficFigures are what is to be compared of each phase that all runs have, and
// of each request in it where there are several. Warm-up is none.
func trafficFigures(before, after []Run, s spoils) (all []figure) {
	for i := range before[0].Report.Phases {
		p := &before[0].Report.Phases[i]
		if p.Warmup {
			continue
		}
		b, bOK := partsOf(before, p.Name, "")
		a, aOK := partsOf(after, p.Name, "")
		if !bOK || !aOK {
			continue // named among the differences
		}
		kind := figure{Compared: reports.Compared{Phase: p.Name}, course: hasCourse(before[0].Report, i), spoiled: s.phase(p.Name)}
		all = append(all, figuresOf(kind, b, a)...)
		if len(p.Requests) < 2 {
			continue
		}
		for _, r := range p.Requests {
			b, bOK := partsOf(before, p.Name, r.Name)
			a, aOK := partsOf(after, p.Name, r.Name)
			if bOK && aOK {
				kind.Request = r.Name
				all = append(all, figuresOf(kind, b, a)...)
			}
		}
	}
	return all
}

// hasCourse reports whether a fault changes phase i while it lasts, or the one before did.
func hasCourse(r *reports.Report, i int) bool {
	for _, f := range r.Faults {
		if f.Phase == r.Phases[i].Name || i > 0 && f.Phase == r.Phases[i-1].Name {
			return true
		}
	}
	return false
}

// figuresOf are the figures of a phase, or of a request in it. Degraded answers
// are one only where some were.
func figuresOf(kind figure, before, after []part) (all []figure) {
	add := func(name, unit string, q float64, of func(*cell) float64) {
		f := kind
		f.Figure, f.Unit, f.q, f.of, f.before, f.after = name, unit, q, of, before, after
		all = append(all, f)
	}
	add("p50", "s", 0.5, nil)
	add("p95", "s", 0.95, nil)
	add("p99", "s", 0.99, nil)
	add(errorsFigure, "ratio", 0, bad)
	if slices.ContainsFunc(slices.Concat(before, after), func(p part) bool { return p.traffic.Degraded > 0 }) {
		add(degradedFigure, "ratio", 0, degraded)
	}
	return all
}

// partsOf are what the runs have of a phase, or of a request in it when that has a
// name; not ok, when one has it not, or sent nothing in it.
func partsOf(runs []Run, phase, request string) (parts []part, ok bool) {
	for i := range runs {
		p, ok := runs[i].part(phase, request)
		if !ok {
			return nil, false
		}
		parts = append(parts, p)
	}
	return parts, true
}

func (r *Run) part(phase, request string) (part, bool) {
	i := slices.IndexFunc(r.Report.Phases, func(p reports.Phase) bool { return p.Name == phase })
	if i < 0 || r.Report.Phases[i].Sent == 0 {
		return part{}, false
	}
	p := part{traffic: &r.Report.Phases[i].Traffic}
	known := r.traffic != nil && i < len(r.traffic.phases)
	if request == "" {
		if known {
			p.series = r.traffic.phases[i]
		}
		return p, true
	}
	j := slices.IndexFunc(r.Report.Phases[i].Requests, func(t reports.RequestTraffic) bool { return t.Name == request })
	if j < 0 || r.Report.Phases[i].Requests[j].Sent == 0 {
		return part{}, false
	}
	p.traffic = &r.Report.Phases[i].Requests[j].Traffic
	if known && j < len(r.traffic.requests[i]) {
		p.series = r.traffic.requests[i][j]
	}
	return p, true
}
