package sheet

// Joined joins each k neighbours into one.
func Joined[T any](vs []T, k int, join func([]T) T) []T {
	var out []T
	for i := 0; i < len(vs); i += k {
		out = append(out, join(vs[i:min(i+k, len(vs))]))
	}
	return out
}

// Mean is that of vs, which are not none.
func Mean(vs []float64) float64 {
	sum := 0.0
	for _, v := range vs {
		sum += v
	}
	return sum / float64(len(vs))
}

// MeanKnown is the mean of those that are known, or nil.
func MeanKnown(vs []*float64) *float64 {
	var known []float64
	for _, v := range vs {
		if v != nil {
			known = append(known, *v)
		}
	}
	if known == nil {
		return nil
	}
	m := Mean(known)
	return &m
}

// Greatest is that of vs, which are not none.
func Greatest[T int64 | float64](vs []T) T {
	most := vs[0]
	for _, v := range vs {
		most = max(most, v)
	}
	return most
}

// GreatestKnown is the greatest of those that are known, or nil.
func GreatestKnown(vs []*float64) *float64 {
	var most *float64
	for _, v := range vs {
		if v != nil && (most == nil || *v > *most) {
			most = v
		}
	}
	return most
}

// Pointers are vs as values that are all known.
func Pointers(vs []float64) []*float64 {
	out := make([]*float64, len(vs))
	for i := range vs {
		out[i] = &vs[i]
	}
	return out
}

// At is vs[i], or 0 where the list is shorter.
func At(vs []float64, i int) float64 {
	if i < len(vs) {
		return vs[i]
	}
	return 0
}
