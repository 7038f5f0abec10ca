package ci

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// gitlabLoad is what GitLab's load_performance report reads of a file that k6 made.
// What is not known is left out: it shows that as no figure.
type gitlabLoad struct {
	Metrics struct {
		Requests *gitlabRate    `json:"http_reqs,omitempty"`
		Waiting  *gitlabWaiting `json:"http_req_waiting,omitempty"`
		Checks   *gitlabChecks  `json:"checks,omitempty"`
	} `json:"metrics"`
}

type gitlabRate struct {
	Rate float64 `json:"rate"` // per second
}

type gitlabWaiting struct {
	P90 float64 `json:"p(90)"` // milliseconds
	P95 float64 `json:"p(95)"`
}

type gitlabChecks struct {
	Passes int64 `json:"passes"`
	Fails  int64 `json:"fails"`
}

// GitLab writes the load of s for the merge request's load performance widget: the
// rate sent, the time from sending to a good answer (it calls it TTFB, and compares
// it with that of the target branch), and good and bad answers as checks that passed
// and failed. Warm-up is left out.
func GitLab(w io.Writer, s *Suite) error {
	var g gitlabLoad
	if l := s.Load; l != nil {
		if l.RateHz != nil {
			g.Metrics.Requests = &gitlabRate{*l.RateHz}
		}
		if l.P90S != nil && l.P95S != nil {
			g.Metrics.Waiting = &gitlabWaiting{milliseconds(*l.P90S), milliseconds(*l.P95S)}
		}
		if l.Good+l.Bad > 0 {
			g.Metrics.Checks = &gitlabChecks{l.Good, l.Bad}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(g); err != nil {
		return fmt.Errorf("write gl-load-performance.json: %w", err)
	}
	return nil
}

// milliseconds writes seconds as GitLab has them, to the microsecond.
func milliseconds(seconds float64) float64 { return math.Round(seconds*1e6) / 1e3 }
