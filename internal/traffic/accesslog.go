package traffic

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/accesslog"
)

// fromAccessLog reads a log of nginx or Apache.
func fromAccessLog(in io.Reader, o Options) (*Draft, error) {
	m, c, log := newMix(), newCurve(), accesslog.NewReader(in)
	var host example
	for {
		r, err := log.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read %s after line %d: %w", o.Name, log.Line, err)
		}
		if r.Method == nil { // a client that sent no request, such as TLS to a port without
			m.none++
			continue
		}
		target, ok := r.Path()
		if !ok {
			target = r.Target
		}
		m.add(r.Method, target, int(r.Status))
		c.add(r.Time/1e9, int(r.Zone))
		if len(r.Host) > 0 {
			host.add(r.Host)
		}
	}
	if m.all == 0 {
		return nil, fmt.Errorf("read %s: it has no line of an access log%s", o.Name, firstBroken(log, ": "))
	}
	of := ""
	if hostName.MatchString(host.text) {
		of = ", most of them to " + host.text
	}
	d := &Draft{About: []string{fmt.Sprintf("Traffic of %s: %s in %s%s.", o.Name, counted(m.all, "request", "requests"), counted(log.Lines, "line", "lines"), of)}}
	if err := d.address(o.URL, ""); err != nil {
		return nil, err
	}
	if log.Broken > 0 {
		d.note("%s could not be read%s", counted(log.Broken, "line", "lines"), firstBroken(log, ", the first "))
	}
	sent := d.mix(m, o)
	d.rates(c, float64(sent)/float64(m.all))
	return d, nil
}

// firstBroken tells of the first line that could not be read, without what may be a
// secret in it.
func firstBroken(log *accesslog.Reader, before string) string {
	if log.Broken == 0 {
		return ""
	}
	b := log.First
	return fmt.Sprintf("%sin line %d: %s: %s", before, b.Line, b.Why, hidden(b.Text))
}

// hidden is a text from elsewhere as it may be shown: short, on one line, without
// what has the name or the looks of a secret.
func hidden(text string) string {
	text = knownTokens.ReplaceAllString(configs.Hide(strings.ToValidUTF8(text, "?")), "[hidden]")
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	for i, w := range words {
		for _, part := range strings.FieldsFunc(w, func(r rune) bool { return strings.ContainsRune(`/?&=;,:"'<>()[]{}`, r) }) {
			if opaque([]byte(part)) {
				w = strings.ReplaceAll(w, part, "[hidden]")
			}
		}
		words[i] = w
	}
	text = strings.Join(words, " ")
	if runes := []rune(text); len(runes) > 100 {
		text = string(runes[:100]) + "..."
	}
	return fmt.Sprintf("%q", text)
}

// The lengths of the phases that a log proposes.
const (
	warmup     = 10 * time.Second
	usual      = 2 * time.Minute
	busyHour   = 5 * time.Minute
	busyMinute = time.Minute
)

// rates proposes phases from the curve. share is that of the requests that are sent.
func (d *Draft) rates(c *curve, share float64) {
	hour, hourAt := c.busiest(3600)
	minute, minuteAt := c.busiest(c.width)
	of := "a second"
	if share < 1 {
		of = fmt.Sprintf("a second, of which %.0f%% are sent", 100*share)
	}
	d.Curve = append(c.comment(), fmt.Sprintf("The rates below are those of the requests above that are sent, %.0f%% of the log's.", 100*share))
	rate := func(r float64) float64 { return max(r*share, 0.01) }
	d.Phases = []Phase{
		{Name: "warmup", Duration: warmup, Rate: rate(c.mean()), Warmup: true, Short: "left out of every figure"},
		{Name: "usual", Duration: usual, Rate: rate(c.mean()), Short: "the mean of the whole log, " + decimal(c.mean()) + " " + of},
		{Name: "busy-hour", Duration: busyHour, Rate: rate(hour), Short: fmt.Sprintf("%s: %s %s", clock(hourAt).Format("2006-01-02 15:00"), decimal(hour), of)},
		{Name: "busy-minute", Duration: busyMinute, Rate: rate(minute), Short: fmt.Sprintf("%s: %s %s", clock(minuteAt).Format("2006-01-02 15:04"), decimal(minute), of)},
	}
}

// gentle are phases for what tells no rate.
func gentle() []Phase {
	return []Phase{
		{Name: "warmup", Duration: 5 * time.Second, Rate: 1, Warmup: true, Short: "left out of every figure"},
		{Name: "steady", Duration: time.Minute, Rate: 1, Short: "CHANGE: so many a second"},
	}
}
