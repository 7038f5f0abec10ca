package configs

import "path/filepath"

// onceForSessions checks that there is a row for each session that logs in with one.
func (c *check) onceForSessions(d Data, path string) {
	if n := len(d.Rows); n > 0 && n < c.e.Sessions.Count {
		c.add(path+".file", "%s has %d rows, each to be used once, and %d sessions log in with one each: add rows, lower sessions.count, or write order: next", filepath.Base(d.File), n, c.e.Sessions.Count)
	}
}
