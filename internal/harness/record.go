package harness

import (
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// record is the journal of a run, to which texts of others come: lines of logs,
// what a page or an error says. None of them takes a secret into it.
type record struct {
	*journal.Writer
	secrets *configs.Redactor
	// hide hides what came about in the run; nil for nothing.
	hide func(text string) string
}

// text is a text without secrets.
func (r record) text(of string) string {
	if r.hide != nil {
		of = r.hide(of)
	}
	return r.secrets.Text(of)
}

// Event records an event.
func (r record) Event(e journal.Event) {
	e.Text = r.text(e.Text)
	r.Writer.Event(e)
}

// Observe records an observation.
func (r record) Observe(o journal.Observation) {
	o.Text = r.text(o.Text)
	r.Writer.Observe(o)
}
