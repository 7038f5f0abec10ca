package traffic

import (
	"math"
	"strconv"
	"strings"
)

// decimal writes a rate with three digits that count.
func decimal(f float64) string {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return "0"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(f))))
	scale := math.Pow(10, float64(min(max(digits, 0), 6)))
	return strconv.FormatFloat(math.Round(f*scale)/scale, 'f', -1, 64)
}

// count writes a number with commas between thousands.
func count(n int) string {
	text := strconv.Itoa(n)
	var b strings.Builder
	for i, r := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// counted is a number of things.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// percent writes a share of a whole.
func percent(part, whole int) string {
	if whole == 0 {
		return "0%"
	}
	share := 100 * float64(part) / float64(whole)
	if share < 1 && part > 0 {
		return "under 1%"
	}
	return strconv.FormatFloat(math.Round(share), 'f', 0, 64) + "%"
}
