package measure

import (
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
)

// leastAnswers is how many answers it takes to say that a request has only such answers.
const leastAnswers = 2

// astrayCounter counts the answers to each request before the first fault. A site that
// redirects while a dependency is away does so because it is away.
type astrayCounter struct {
	until    time.Duration // the first fault
	requests []astrayTally
}

type astrayTally struct {
	answers, failed, astray, login int64
	codes                          CodeCounts
}

func newAstrayCounter(requests int, faults []*Fault) *astrayCounter {
	c := &astrayCounter{until: 1<<63 - 1, requests: make([]astrayTally, requests)}
	if len(faults) > 0 {
		c.until = faults[0].Applied
	}
	return c
}

func (c *astrayCounter) add(h *journal.Hit) {
	if h.Class.Ours() || h.Done >= c.until { // what waited into the fault may be the fault's
		return
	}
	t := &c.requests[h.Request]
	if h.Code == 0 || h.Code >= 500 {
		t.failed++
		return
	}
	t.answers++
	t.codes.add(h.Code)
	refused := h.Class == journal.ClassStatus && (h.Code == 401 || h.Code == 403)
	if h.Leads != journal.LeadsNowhere || refused {
		t.astray++
	}
	if h.Leads == journal.LeadsToLogin {
		t.login++
	}
}

// astray are the requests that have only such answers, in the order of the manifest.
func (run *Run) astray() []reports.Astray {
	list := []reports.Astray{}
	for i := range run.strays.requests {
		t := &run.strays.requests[i]
		if t.answers < leastAnswers || t.astray < t.answers {
			continue
		}
		a := reports.Astray{Request: run.Manifest.Requests[i], Answers: t.answers, Failed: t.failed, Login: 2*t.login > t.answers}
		for _, c := range t.codes.byCount() {
			a.Codes = append(a.Codes, int(c.code))
		}
		run.Events.describe(&a, i)
		list = append(list, a)
	}
	return list
}

// describe adds what the run has said of the request's answers.
func (x *Events) describe(a *reports.Astray, request int) {
	for _, e := range x.astray {
		if e.Astray.Request != request {
			continue
		}
		a.Credentials = e.Astray.Credentials
		switch {
		case e.Text == "" || e.Astray.Login != a.Login:
		case a.To == "":
			a.To = e.Text
		case a.To != e.Text:
			a.Others = true
		}
	}
}
