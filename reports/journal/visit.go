package journal

import "github.com/tailback/tailback/configs"

// Visit is one of a mix of visits. Its steps are the next so many of Manifest.Requests.
type Visit struct {
	Name   string  `json:"name"`
	Steps  int     `json:"steps"`
	Weight float64 `json:"weight"` // its share of the visits, 0..1
}

// VisitsOf describes a mix of visits, as its manifest has them.
func VisitsOf(mix []configs.Visit) (all []Visit) {
	sum := 0
	for _, v := range mix {
		sum += v.Weight
	}
	for _, v := range mix {
		all = append(all, Visit{Name: v.Name, Steps: len(v.Steps), Weight: float64(v.Weight) / float64(max(sum, 1))})
	}
	return all
}

// OfVisits makes a span of requests one of visits, which have so many steps on average.
func (s PhaseSpan) OfVisits(steps float64) PhaseSpan {
	s.Visits, s.Hits = s.Hits, 0
	s.VisitRateFrom, s.VisitRateTo, s.VisitRateMean = s.RateFrom, s.RateTo, s.RateMean
	s.RateFrom, s.RateTo, s.RateMean = s.RateFrom*steps, s.RateTo*steps, s.RateMean*steps
	return s
}
