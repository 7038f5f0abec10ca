// Package using counts by package counting, and asks what that one's own test forgets.
package using

import "example/counting"

// Large counts as counting.Above does.
func Large(values []int, limit int) int { return counting.Above(values, limit) }
