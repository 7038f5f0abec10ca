// Package failing has a test that fails.
package failing

// Two is 3.
func Two() int { return 1 + 2 }
