package configs

import "slices"

// metric is a row of the table of what an objective may be about.
type metric struct {
	name string
	unit Unit // Ratio: with % a ratio of the hits sent, or of the visits that ended, else their count
	of   of
}

// of is what a metric is a figure of.
type of int

const (
	ofHits       of = iota // those sent, of all requests or of one
	ofFault                // from a fault on, until something happens
	ofVisits               // those begun, of all visits or of one
	ofDependency           // how the site calls it, as the report works it out
	ofSite                 // the site itself, as the report works it out
)

// metrics is the table, in the order in which mistakes list them. Times of answers
// are of good ones, from when each request was due; rate is good answers per second;
// recovered is from lifting to well again, onset from the fault to the first 502, 503
// or 504. What is of a dependency or the site is the report's estimate.
var metrics = []metric{
	{"p50", Seconds, ofHits}, {"p90", Seconds, ofHits}, {"p95", Seconds, ofHits}, {"p99", Seconds, ofHits}, {"p999", Seconds, ofHits}, {"max", Seconds, ofHits},
	{"errors", Ratio, ofHits}, {"ok", Ratio, ofHits}, {"degraded", Ratio, ofHits}, {"rate", Hertz, ofHits},
	{"completed", Ratio, ofVisits}, {"abandoned", Ratio, ofVisits},
	{"recovered", Seconds, ofFault}, {"onset", Seconds, ofFault},
	{"502", Ratio, ofHits}, {"503", Ratio, ofHits}, {"504", Ratio, ofHits},
	{"timeout", Seconds, ofDependency}, {"retries", Count, ofDependency}, {"budget", Seconds, ofDependency},
	{"capacity", Hertz, ofSite}, {"workers", Count, ofSite}, {"queue_slots", Count, ofSite}, {"gateway_timeout", Seconds, ofSite},
}

// Metrics lists the metrics that an objective may name.
func Metrics() []string {
	var names []string
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return names
}

// metricNamed returns the row of that name; ok is false when there is none.
func metricNamed(name string) (m metric, ok bool) {
	i := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })
	if i < 0 {
		return metric{}, false
	}
	return metrics[i], true
}

// OfHits reports whether the objective is on hits, which can be counted in any
// stretch of the run.
func (o Objective) OfHits() bool { return o.about(ofHits) }

// OfVisits reports whether the objective is on how many visits came to their end.
func (o Objective) OfVisits() bool { return o.about(ofVisits) }

// Diagnosed reports whether the objective is on what the report works out of the
// site or of a dependency.
func (o Objective) Diagnosed() bool { return o.about(ofDependency) || o.about(ofSite) }

func (o Objective) about(what of) bool {
	m, ok := metricNamed(o.Metric)
	return ok && m.of == what
}
