package measure

import (
	"math"

	"github.com/tailback/tailback/reports/journal"
)

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

// MixLost is how many times rarer than in the mix that was asked a request is in all that was
// sent, at most, as visits lacked it that were abandoned. It is 1 of a run of requests by
// themselves.
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

// meanSteps is how many requests a visit of the mix makes on average when it is completed.
func meanSteps(m journal.Manifest) (n float64) {
	for _, v := range m.Visits {
		n += v.Weight * float64(v.Steps)
	}
	return n
}
