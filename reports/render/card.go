package render

import (
	"io"
	"math"
	"strings"
	"unicode"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/sheet"
	"github.com/tailback/tailback/reports/words"
)

// card is what the template of a share card is filled from. Places are user units
// of its picture, 1200 by 630.
type card struct {
	Verdict, Sign, Name, When, Tool string
	Told                            string // what it shows, for those who can't see it
	Ink                             string // of the verdict
	Badge, BadgeMiddle, NameAt      float64
	Headline                        []cardLine
	Size                            float64 // of the headline's letters
	Chart                           *cardChart
	Figures                         []cardFigure
}

type cardLine struct {
	Y    float64
	Text string
}

type cardFigure struct {
	X           float64
	Value, Name string
}

// Geometry of a card, in user units.
const (
	cardLeft   = 96.0
	cardRight  = 1152.0
	cardTop    = 316.0 // of the chart
	cardBottom = 488.0
	cardRows   = 2 // of labels of moments
	cardRow    = 22.0
	cardWide   = 1088.0 // of the headline
)

// Card writes r as an SVG of its verdict, its headline, the good answers and the
// errors over time, and its main figures, to be shown in a ticket: 1200 by 630, on
// a ground of its own, without scripts, styles, fonts or links, so that it looks
// the same wherever it is shown. The same report gives the same bytes.
func Card(w io.Writer, r *reports.Report) error {
	return sheet.Fill(w, pageFiles, "card.svg", []string{"page/card/card.svg"}, nil, newCard(r))
}

func newCard(r *reports.Report) card {
	first, _ := sheet.Parted(drawn(r.Summary))
	c := card{Verdict: sheet.Verdict(r.Verdict), Sign: sheet.Sign(r.Verdict), Tool: "tailback " + shorten(drawn(r.ToolVersion), 24),
		When: r.Started.UTC().Format("2006-01-02 15:04 UTC") + ", " + words.Lasted(r.DurationS), Ink: "#5d666f", Chart: newCardChart(r), Figures: cardFigures(r)}
	if r.Outcome != reports.OutcomeComplete && r.Outcome != "" {
		c.When += ", " + shorten(drawn(r.Outcome), 20)
	}
	switch r.Verdict {
	case reports.Fail:
		c.Ink = "#c2410c"
	case reports.Pass:
		c.Ink = "#24628a"
	}
	c.Badge = math.Ceil(lettersWide(c.Sign+" "+c.Verdict, 20)) + 28
	room := cardRight - 56 - c.Badge - 20 - lettersWide(c.When, 18) - 30
	c.BadgeMiddle = 56 + c.Badge/2
	c.NameAt = 56 + c.Badge + 20
	c.Name = fitting(drawn(r.Name), 22, room)
	c.Headline, c.Size = headline(words.Sentence(strings.TrimSpace(first)))
	c.Told = c.Verdict + ", " + shorten(drawn(r.Name), 80) + ". " + first
	return c
}

// headline breaks a sentence into lines, in smaller letters where it is long; what
// has no room in these either is cut.
func headline(text string) ([]cardLine, float64) {
	var lines []string
	size, most := 34.0, 3
	for _, try := range []struct {
		size float64
		most int
	}{{34, 3}, {28, 4}, {24, 5}} {
		size, most = try.size, try.most
		if lines = broken(text, size); len(lines) <= most {
			break
		}
	}
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = fitting(lines[most-1]+" …", size, cardWide)
	}
	var list []cardLine
	for i, line := range lines {
		list = append(list, cardLine{Y: sheet.Tenth(84 + size*1.24*float64(i+1)), Text: line})
	}
	return list, size
}

// broken breaks text between its words into lines that are no wider than a card.
func broken(text string, size float64) (lines []string) {
	line := ""
	for _, word := range strings.Fields(sheet.Glued(text)) {
		word = fitting(word, size, cardWide)
		switch {
		case line == "":
			line = word
		case lettersWide(line+" "+word, size) <= cardWide:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// fitting is text as far as it has room.
func fitting(text string, size, room float64) string {
	if lettersWide(text, size) <= room {
		return text
	}
	for letters := []rune(text); len(letters) > 0; letters = letters[:len(letters)-1] {
		if short := strings.TrimRight(string(letters), " ,;:") + "…"; lettersWide(short, size) <= room {
			return short
		}
	}
	return "…"
}

// lettersWide is how wide bold letters of that size are, on the safe side: which
// font there is, is not known.
func lettersWide(text string, size float64) float64 {
	wide := 0.0
	for _, r := range text {
		switch {
		case r >= 0x1100: // of Chinese, Japanese and Korean, and pictures
			wide += 1.1
		case strings.ContainsRune("mwMW%@", r):
			wide += 0.98
		case strings.ContainsRune(" iljft.,:;'|!()[]", r):
			wide += 0.44
		case unicode.IsUpper(r):
			wide += 0.78
		default:
			wide += 0.67
		}
	}
	return wide * size
}

// drawn makes text safe for a picture: XML has no control characters, and no
// noncharacters.
func drawn(text string) string {
	return strings.Map(func(r rune) rune {
		if r == 0xfffe || r == 0xffff {
			return unicode.ReplacementChar
		}
		return r
	}, oneLine(text))
}

// cardFigures are those that tell most of a run, as far as they are known.
func cardFigures(r *reports.Report) (list []cardFigure) {
	add := func(value, name string) {
		if len(list) < mostFigures {
			x := cardLeft - 40 + (cardRight-cardLeft+40)/mostFigures*float64(len(list))
			list = append(list, cardFigure{x, fitting(drawn(value), 26, 250), fitting(drawn(name), 16, 256)})
		}
	}
	traffic, where := &r.Total, ""
	if len(r.Faults) > 0 {
		for i := range r.Phases {
			if p := &r.Phases[i]; p.Name == r.Faults[0].Phase {
				traffic, where = &p.Traffic, " in "+p.Name
			}
		}
	}
	if traffic.OKRatio != nil {
		name := "answered well" + where
		if d := traffic.DegradedRatio; d != nil && *d > 0 {
			name = "good, " + words.Percent(*d) + " degraded"
		}
		add(words.Percent(*traffic.OKRatio), name)
	}
	for _, f := range siteFigures(r.Pool) {
		if f.Name == "workers" || f.Name == "effective workers" {
			add(f.Value, f.Name)
		}
	}
	for _, name := range r.Declared {
		if t := reports.TimeoutOn(r.Timeouts, name); t != nil && t.Verdict != "" {
			add(shortTimeout(*t), "timeout on "+name)
			break
		}
	}
	for _, b := range r.Budget {
		if b.MaxTimeoutS != nil {
			add(words.Limit(*b.MaxTimeoutS), "longest that holds "+words.Asked(b.RateHz))
			break
		}
	}
	if traffic.ResponseS.P95 != nil {
		if where == "" {
			where = " of good answers"
		}
		add(words.Span(*traffic.ResponseS.P95), "p95"+where)
	}
	return list
}

// shortTimeout is what was seen of a timeout, in few words.
func shortTimeout(t reports.Timeout) string {
	switch {
	case t.Verdict == reports.ByNobody:
		return "none in " + words.Held(t.HorizonS)
	case t.ObservedS == nil:
		return "not known"
	case t.Verdict == reports.ByWorker:
		return "killed at " + words.Held(t.ObservedS.Value)
	case t.Retries > 0:
		return words.Count(t.Retries+1) + " × " + words.Held(t.ObservedS.Value)
	}
	return words.Held(t.ObservedS.Value)
}
