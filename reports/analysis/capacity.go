package analysis

import (
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/explain"
	"github.com/tailback/tailback/reports/judge"
)

// Capacity judges what a search has found, as far as it came, and says it in words.
func Capacity(c *reports.Capacity) {
	judge.Capacity(c)
	c.Summary = explain.Capacity(c)
}
