package configs

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	rateForms = `a rate such as 8, "480/m", "5/500ms", {from: 0, to: 20} or {from: 2, to: 20, step: 2, every: 10s}`
	doseForms = `a duration such as "2s", or {from: 0s, to: 3s, step: 500ms, every: 10s}`
)

// parseRate reads "8", "8/s", "480/m", "1000/h", or so many in any duration,
// "480/1m" or "5/500ms", as a rate per second.
func parseRate(s string) (float64, error) {
	digits, unit, per := strings.Cut(s, "/")
	v, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	seconds := 1.0
	if unit = strings.TrimSpace(unit); per {
		if unit == "s" || unit == "m" || unit == "h" {
			unit = "1" + unit
		}
		d, wrong := time.ParseDuration(unit)
		if seconds = d.Seconds(); wrong != nil || d <= 0 {
			err = cmp.Or(err, errors.New("no time to count in"))
		}
	}
	if err != nil {
		return 0, fmt.Errorf("needs %s, not %q", rateForms, s)
	}
	return v / seconds, nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if number, bare := strconv.ParseFloat(s, 64); err != nil && bare == nil && number-number == 0 { // no NaN or infinity, which are words
		return 0, errors.New(needsUnit(number))
	}
	if err != nil {
		return 0, fmt.Errorf(`needs a duration such as "300ms" or "1m30s", not %q`, s)
	}
	return d, nil
}

// DurationText is Duration.String without its trailing zeros: 1m, not 1m0s.
func DurationText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var (
	sizeForm  = regexp.MustCompile(`(?i)^([0-9]{1,15}) ?(B|KB|MB|GB)?(/s)?$`)
	sizeUnits = map[string]int64{"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9}
)

// maxSize is beyond any body. It keeps Toxiproxy's own arithmetic from overflowing.
const maxSize Size = 1e12

// parseSize reads "100", "100B", "100KB", "1MB" or "1GB", each also with "/s",
// in capitals or not.
func parseSize(s string) (Size, error) {
	m := sizeForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf(`needs a size such as 100, "100KB" or "1MB" ("100KB/s" for a bandwidth), not %q`, s)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := sizeUnits[strings.ToUpper(m[2])]
	if err != nil || n > int64(maxSize)/unit {
		return 0, errors.New("is larger than 1000GB")
	}
	return Size(n * unit), nil
}

// String returns the size in the largest unit that holds it whole.
func (s Size) String() string {
	for _, unit := range []string{"GB", "MB", "KB"} {
		if n := sizeUnits[unit]; s != 0 && int64(s)%n == 0 {
			return strconv.FormatInt(int64(s)/n, 10) + unit
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

// decimal writes a number without an exponent, as a person would.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
