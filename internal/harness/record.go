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
}

// Event records an event.
func (r record) Event(e journal.Event) {
	e.Text = r.secrets.Text(e.Text)
	r.Writer.Event(e)
}

// Observe records an observation.
func (r record) Observe(o journal.Observation) {
	o.Text = r.secrets.Text(o.Text)
	r.Writer.Observe(o)
}
