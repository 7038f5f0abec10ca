package reports

import "strings"

// FigureName names a figure of a run for reading: "p95 of checkout in baseline",
// "timeout on payments", "error ratio in hang". What is empty is left out.
func FigureName(figure, request, phase, dependency string) string {
	name, known := map[string]string{
		"errors": "error ratio", "ok": "good answers", "onset": "first error after the fault", "recovered": "time to be well again",
		"queue_slots": "queue slots", "service": "service time", "budget": "longest timeout that holds",
		"waiting": "calls waiting at once", "places": "workers and queue slots together",
	}[figure]
	if !known {
		name = strings.ReplaceAll(figure, "_", " ")
	}
	for _, part := range []struct{ before, what string }{{" of ", request}, {" on ", dependency}, {" in ", phase}} {
		if part.what != "" {
			name += part.before + part.what
		}
	}
	return name
}

// Name is what the figure is called.
func (c *Compared) Name() string {
	return FigureName(c.Figure, c.Request, c.Phase, c.Dependency)
}
