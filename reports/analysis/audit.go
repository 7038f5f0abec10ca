package analysis

import (
	"slices"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/diagnose"
	"github.com/tailback/tailback/reports/judge"
)

// Audit puts the runs of an audit together, in their order. Workers that one
// of them tells of count for the others: it is the same site.
func Audit(rateHz, horizonS float64, parts []judge.AuditPart) *reports.Audit {
	parts = slices.Clone(parts)
	var workers *reports.Estimate
	for _, p := range parts {
		if p.Report != nil && workers == nil {
			workers = p.Report.Pool.Workers
		}
	}
	for i := range parts {
		p := &parts[i]
		if p.Report == nil {
			continue
		}
		if t := judge.LastTimeout(p.Report, p.Dependency); t != nil {
			p.MaxTimeoutS = diagnose.MaxTimeout(reports.DependencyNamed(p.Report.Dependencies, p.Dependency), p.Report.Pool.ServiceS, workers, rateHz, t.Retries)
		}
	}
	return judge.Audit(rateHz, horizonS, parts)
}
