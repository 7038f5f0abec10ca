// Package counting is changed by the tests of mutate.
package counting

const size = 3

// Below counts the numbers below a limit. Its test asks for the limit itself as well.
func Below(list []int, limit int) (n int) {
	for _, v := range list {
		if v < limit {
			n++
		}
	}
	return n
}

// Above counts the numbers above a limit. Its test forgets the limit itself.
func Above(list []int, limit int) (n int) {
	for _, v := range list {
		if v > limit {
			n++
		}
	}
	return n
}

// To counts up to a limit.
func To(limit int) (n int) {
	for n != limit {
		n += 1
		continue
	}
	return n
}
