package reports

import "slices"

// NewAudit puts the runs of an audit together, in their order. Workers that one
// of them tells of count for the others: it is the same site.
func NewAudit(name string, rateHz, horizonS float64, parts []AuditPart) *Audit {
	parts = slices.Clone(parts)
	var workers *Estimate
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
		if t := lastTimeout(p.Report, p.Dependency); t != nil {
			p.MaxTimeoutS = maxTimeout(dependencyNamed(p.Report.Dependencies, p.Dependency), p.Report.Pool.ServiceS, workers, rateHz, t.Retries)
		}
	}
	return audit(name, rateHz, horizonS, parts)
}
