package measure

import "math"

// Mix is how often each request is sent, to be taken for shares: as it was or, of visits,
// as if each were completed. Those that are abandoned leave out their later steps, and a
// site that answers well is sent them all.
func (run *Run) Mix() []int64 {
	if run.Visits == nil {
		return run.Traffic.SentByRequest()
	}
	var shares []int64
	for _, v := range run.Manifest.Visits {
		for range v.Steps {
			shares = append(shares, int64(math.Round(v.Weight*mixParts)))
		}
	}
	return shares
}

// mixParts is of how many parts shares of a mix are.
const mixParts = 1e6

// A figure per request that was seen while all was well is as good as one of the mix that
// was asked where no request is asked for more than mixIsAsAsked times as often in
// it; up to mostMixOff times it can be bounded, and beyond that it says nothing.
const (
	mixIsAsAsked = 1.05
	mostMixOff   = 1.25
)

// mixOff is by which factor a figure per request may be more in the mix that was asked than in
// the answers of the seconds in which no fault had any effect: by as much as a request is
// rarer in these. While visits begin, and where they last as long as those seconds, their
// later steps are. It is 1 of a run of requests by themselves, and of seconds that were
// not counted by request.
func (run *Run) mixOff() float64 {
	if run.Visits == nil || run.Traffic.Requests < 2 {
		return 1
	}
	var quiet []Stretch
	per := run.Cells.PerSecond()
	for i, is := range run.QuietSeconds() {
		if is {
			quiet = append(quiet, Stretch{i * per, (i + 1) * per})
		}
	}
	return rarer(run.Mix(), run.Cells.ServedMix(quiet))
}

// MixLost is the same of all that was sent in the run: what visits lacked that were abandoned.
func (run *Run) MixLost() float64 {
	if run.Visits == nil {
		return 1
	}
	return rarer(run.Mix(), run.Traffic.SentByRequest())
}

func rarer(asked, came []int64) float64 {
	var ofAsked, ofCame int64
	for r := range asked {
		ofAsked, ofCame = ofAsked+asked[r], ofCame+came[r]
	}
	if ofAsked == 0 || ofCame == 0 {
		return 1
	}
	most := 1.0
	for r := range asked {
		if asked[r] == 0 {
			continue
		}
		if came[r] == 0 {
			return math.Inf(1)
		}
		most = max(most, float64(asked[r])/float64(ofAsked)*float64(ofCame)/float64(came[r]))
	}
	return most
}
