package pages

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// trend is one figure night after night, each night as wide as the others.
type trend struct {
	sheet.Plot
	Anchor, Title string
	Last, Range   string
	Marks         []trendMark
	Missing       int // nights without a value
}

// trendMark is a change point of a trend.
type trendMark struct {
	Number int
	Change reports.Change
	Text   string
}

const (
	trendHigh = 84.0 // pixels
	fewNights = 120  // up to so many have a dot each
	mostTimes = 3.0  // a scale from 0 on is kept where the least is less than a third of the most
)

// newTrend draws a series over the nights of its experiment; ok is false where no
// night has a value.
func newTrend(h *reports.History, series int, nights []int) (t trend, ok bool) {
	s := &h.Series[series]
	t = trend{Anchor: anchorOf(series), Title: s.Title}
	vs := make([]*float64, len(nights))
	var all []float64
	for i, n := range nights {
		if n < len(s.Values) && s.Values[n] != nil {
			vs[i] = s.Values[n]
			all = append(all, *vs[i])
		}
	}
	if len(all) == 0 {
		return trend{}, false
	}
	t.Missing = len(vs) - len(all)
	write := func(v float64) string { return words.Measured(v, s.Unit) }
	t.Last = "not known"
	if last := vs[len(vs)-1]; last != nil {
		t.Last = write(*last)
	}
	t.Range = reach(write(slices.Min(all)), write(slices.Max(all)))
	t.Plot = sheet.Plot{Top: 20, High: trendHigh, Low: 12, Foot: 20, Label: t.Title + " over " + words.Number(int64(len(nights)), "night") + ": " + t.Range + ", last " + t.Last}
	y := t.scale(all, write)
	x := func(i int) float64 { return sheet.Tenth(sheet.PlotWide * (float64(i) + 0.5) / float64(len(nights))) }
	t.marks(h, series, nights, y)
	t.Lines = append(t.Lines, sheet.PlotLine{Class: "value", D: joined(vs, x, y)})
	t.dots(h, nights, vs, x, y)
	t.dates(h, nights, x)
	return t, true
}

// reach is what all values lie within.
func reach(least, most string) string {
	if least == most {
		return "always " + least
	}
	return "of " + least + " to " + most
}

// scale begins at 0, unless the values are so near each other that nothing could
// be seen then.
func (t *trend) scale(all []float64, write func(float64) string) func(float64) float64 {
	least, most := slices.Min(all), slices.Max(all)
	if least <= 0 || most/least > mostTimes {
		return t.Linear(most, write)
	}
	return t.Logarithmic([]float64{least, most}, write)
}

// joined draws values as a line from night to night, with a gap where one is
// unknown. One between two gaps is a point, which its style makes round.
func joined(vs []*float64, x func(int) float64, y func(float64) float64) string {
	var b strings.Builder
	open := false
	for i, v := range vs {
		if v == nil {
			open = false
			continue
		}
		if open {
			b.WriteByte('L')
		} else {
			b.WriteByte('M')
		}
		place := sheet.Coordinate(x(i)) + " " + sheet.Coordinate(y(*v))
		b.WriteString(place)
		if !open && (i+1 == len(vs) || vs[i+1] == nil) {
			b.WriteString("h0")
		}
		open = true
	}
	return b.String()
}

// dots marks the nights: those that failed or could not tell by shapes of their
// own, and the others where they are few. Without a value, or of many nights, it
// lies below the values.
func (t *trend) dots(h *reports.History, nights []int, vs []*float64, x func(int) float64, y func(float64) float64) {
	var at [len(nightClasses)]strings.Builder
	many := len(nights) > fewNights
	for i, n := range nights {
		kind := verdictIndex(h.Nights[n].Verdict)
		calm := nightClasses[kind] == "passed"
		if calm && (many || vs[i] == nil) {
			continue
		}
		place := t.High - t.Low/2
		if vs[i] != nil && !many {
			place = y(*vs[i])
		}
		at[kind].WriteString("M" + sheet.Coordinate(x(i)) + " " + sheet.Coordinate(place) + "h0")
	}
	size := ""
	if many {
		size = " many"
	}
	for kind, class := range nightClasses {
		if at[kind].Len() == 0 {
			continue
		}
		t.Lines = append(t.Lines, sheet.PlotLine{Class: "night " + class + size, D: at[kind].String()})
		if class == "unsure" { // a ring
			t.Lines = append(t.Lines, sheet.PlotLine{Class: "night hollow" + size, D: at[kind].String()})
		}
	}
}

// nightClasses are the shapes of nights, as verdictIndex counts verdicts.
var nightClasses = [...]string{"passed", "failed", "unsure", "passed"}

// marks draws the change points of a series: where it changed, and what it was
// from one to the next.
func (t *trend) marks(h *reports.History, series int, nights []int, y func(float64) float64) {
	var own []reports.ChangeMark
	for _, m := range h.Marks {
		if m.Series == series && valid(h, m) && slices.Contains(nights, m.Night) {
			own = append(own, m)
		}
	}
	slices.SortFunc(own, func(a, b reports.ChangeMark) int { return a.Night - b.Night })
	from, levels := 0.0, ""
	for i, m := range own {
		at := sheet.Tenth(sheet.PlotWide * float64(slices.Index(nights, m.Night)) / float64(len(nights))) // before the night
		class := "ill"
		if m.Change == reports.Improved {
			class = "well"
		}
		t.Lines = append(t.Lines, sheet.PlotLine{Class: "moment " + class, D: fmt.Sprintf("M%s 0V%g", sheet.Coordinate(at), t.High)})
		t.Names = append(t.Names, sheet.PlotName{Class: "flag " + class, At: at, Row: 2, Text: fmt.Sprint(i + 1), Fits: "narrow", End: at > sheet.PlotWide*0.97})
		t.Marks = append(t.Marks, trendMark{i + 1, m.Change, markSentence(h, m)})
		levels += level(from, at, y(m.Before))
		if from = at; i == len(own)-1 {
			levels += level(from, sheet.PlotWide, y(m.After))
		}
	}
	if levels != "" {
		t.Lines = append(t.Lines, sheet.PlotLine{Class: "median", D: levels})
	}
}

func level(from, to, y float64) string {
	return "M" + sheet.Coordinate(from) + " " + sheet.Coordinate(y) + "H" + sheet.Coordinate(to)
}

// dates writes when the first, the middle and the last night were, as far as a phone
// has room: their days, or of a single day the times.
func (t *trend) dates(h *reports.History, nights []int, x func(int) float64) {
	last := len(nights) - 1
	at := []int{0, last / 2, last}
	switch {
	case last == 0:
		at = at[:1]
	case last < 4:
		at = []int{0, last}
	}
	write := day
	if day(h.Nights[nights[0]].Started) == day(h.Nights[nights[last]].Started) && last > 0 {
		write = func(t time.Time) string { return t.UTC().Format("15:04") }
	}
	for _, i := range at {
		t.Along = append(t.Along, sheet.PlotTick{At: x(i), Text: write(h.Nights[nights[i]].Started)})
	}
}
