package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/tailback/tailback/reports/poolmodel"
)

// predictWidth is how wide the text is at most: it fits 80 columns.
const predictWidth = 78

// text writes the prediction for people: what they will see, what would help,
// and the figures behind it.
func (p *prediction) text(w io.Writer) error {
	var b strings.Builder
	for _, o := range p.origins {
		paragraph(&b, "  ", "      ", strings.TrimSpace("--"+o.Flag+" "+o.Value)+" ("+o.From+")")
	}
	if len(p.origins) > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "  %s, %s (%s), %s of own work a request\n", plural(p.Workers, "worker"), plural(p.QueueSlots, "queue slot"), p.network, seconds(p.ServiceS))
	paragraph(&b, "  ", "  ", p.asked())
	b.WriteString("\n")
	paragraph(&b, "  ", "  ", p.seen())
	b.WriteString(p.strip())
	b.WriteString("\n")
	if p.delay == 0 {
		b.WriteString("  Should the dependency hang:\n")
	}
	for _, advice := range p.advice() {
		paragraph(&b, "  -> ", "     ", advice)
	}
	b.WriteString("\n")
	p.capacities(&b)
	b.WriteString("\n")
	p.table(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// paragraph writes text in lines of at most predictWidth.
func paragraph(b *strings.Builder, first, others, text string) {
	line := first
	for i, word := range strings.Fields(text) {
		if i > 0 && len([]rune(line))+1+len([]rune(word)) > predictWidth {
			b.WriteString(line + "\n")
			line = others
		} else if i > 0 {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

// asked says what is played.
func (p *prediction) asked() string {
	spacing := "evenly spaced"
	if p.arrivals == "poisson" {
		spacing = "Poisson arrivals"
	}
	return fmt.Sprintf("%s requests/s, %s; %s", short(p.rate), spacing, p.fault())
}

// fault says what the dependency does, and what the application does about it.
func (p *prediction) fault() string {
	timeout := "and the application has no timeout"
	if p.TimeoutS > 0 {
		timeout = fmt.Sprintf("and the application gives up after %s", seconds(p.TimeoutS))
	}
	calls := ""
	if p.Share != 1 {
		calls = fmt.Sprintf(" (%s calls a request)", short(p.Share))
	}
	switch {
	case p.delay == 0:
		return "the dependency is well" + calls
	case math.IsInf(p.delay, 1):
		return "the dependency hangs" + calls + " " + timeout
	}
	return fmt.Sprintf("the dependency takes %s%s %s", seconds(p.delay), calls, timeout)
}

// seen says what visitors see first, when, and why.
func (p *prediction) seen() string {
	r := p.result
	text := fmt.Sprintf("Every request gets a good answer, the slowest after %s.", seconds(float64(r.Response.Max())/1e9))
	switch {
	case r.Arrived == 0:
		return fmt.Sprintf("No request arrives within %s.", seconds(p.lasts))
	case p.beyond:
		text = fmt.Sprintf("No error within %s, but the pool serves only %s of %s requests/s and the queue grows: the first %d comes after about %s.",
			seconds(p.lasts), rate(p.Capacity(p.hold)), short(p.rate), p.code, seconds(p.onset))
	case p.code == 502:
		text = fmt.Sprintf("The first 502 comes after %s: %s.", seconds(p.onset), p.why())
		if at := r.First504; !math.IsInf(at.AtS, 1) {
			text += fmt.Sprintf(" The first 504 comes at %s, to a visitor who came at %s.", seconds(at.AtS), seconds(at.ArrivedS))
		}
	case p.code == 504:
		text = fmt.Sprintf("The first 504 comes after %s, to a visitor who came at %s: %s.", seconds(p.onset), seconds(r.First504.ArrivedS), p.why())
	}
	if p.code != 0 && !p.beyond {
		text += fmt.Sprintf(" Of the requests of %s, %s.", seconds(p.lasts), p.shares())
	}
	return text + p.luck()
}

// why says what stands between visitors and their answers at the onset.
func (p *prediction) why() string {
	slots := fmt.Sprintf("the %s behind them are full", plural(p.QueueSlots, "queue slot"))
	switch p.QueueSlots {
	case 0:
		slots = "there is no queue"
	case 1:
		slots = "the 1 queue slot is full"
	}
	workers := fmt.Sprintf("all %d workers are", p.Workers)
	if p.Workers == 1 {
		workers = "the only worker is"
	}
	capacity := p.Capacity(p.hold)
	switch {
	case p.code == 504 && p.TCP && capacity < p.rate:
		return workers + " taken, and on TCP who finds the queue full is not refused but keeps trying"
	case p.code == 504 && p.ServiceS+math.Ceil(p.Share)*p.hold > p.GatewayTimeoutS:
		return fmt.Sprintf("a request then takes longer than the %s that the gateway waits", seconds(p.GatewayTimeoutS))
	case p.code == 504:
		return fmt.Sprintf("the queue takes longer than the %s that the gateway waits", seconds(p.GatewayTimeoutS))
	case capacity == 0:
		return workers + " waiting for the dependency and " + slots
	case capacity < p.rate && p.hold > 0:
		return fmt.Sprintf("with calls of %s %s taken and serve only %s requests/s, and %s", seconds(p.hold), workers, rate(capacity), slots)
	case capacity < p.rate:
		return fmt.Sprintf("%s busy and serve only %s requests/s, and %s", workers, rate(capacity), slots)
	}
	return "the pool keeps up on average, but not with requests that come close together, and then " + slots
}

// shares says how many got what.
func (p *prediction) shares() string {
	r, good := p.result, "get a good answer"
	if r.OK > 0 {
		good += fmt.Sprintf(" (the slowest after %s)", seconds(float64(r.Response.Max())/1e9))
	}
	var parts []string
	for _, part := range []struct {
		n    int64
		what string
	}{{r.OK, good}, {r.BadGateway, "a 502"}, {r.GatewayTimeout, "a 504"}, {r.Unanswered, "none yet"}} {
		if part.n > 0 || part.what == good {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// luck says how far the onset depends on the draw.
func (p *prediction) luck() string {
	n := len(p.onsets)
	switch {
	case p.drawn < 2:
		return ""
	case n == 0:
		return fmt.Sprintf(" No error in any of %d draws.", p.drawn)
	}
	low, high := p.onsets[n/20], p.onsets[n-1-n/20]
	text := fmt.Sprintf(" That is one draw: of %d, %d have errors within %s", p.drawn, n, seconds(p.lasts))
	return text + fmt.Sprintf(", first after %s to %s (9 of 10).", seconds(low), seconds(high))
}

// advice says which timeout and how many workers would hold the rate.
func (p *prediction) advice() []string {
	calls := "a " + seconds(p.planned) + " timeout"
	if p.delay > 0 && p.hold == p.delay && !math.IsInf(p.hold, 1) {
		calls = "calls of " + seconds(p.planned)
	}
	text := fmt.Sprintf("With %s no number of workers is enough: a request then takes longer than the %s that the gateway waits.", calls, seconds(p.GatewayTimeoutS))
	switch need, ok := p.needed(); {
	case need == 0:
		text = fmt.Sprintf("With %s it takes more than %d workers.", calls, poolmodel.MaxWorkers)
	case ok && need > p.Workers:
		text = fmt.Sprintf("With %s it takes %s.", calls, plural(need, "worker"))
	case ok && need == 1:
		text = fmt.Sprintf("With %s 1 worker is enough.", calls)
	case ok:
		text = fmt.Sprintf("With %s %d workers are enough.", calls, need)
	}
	if math.IsInf(p.hold, 1) {
		text += " Without a timeout no number of workers holds it."
	}
	return []string{p.budget(), text}
}

// budget says which timeout holds the rate. Poisson arrivals need the headroom.
func (p *prediction) budget() string {
	at, own := short(p.rate)+"/s", p.rate*p.ServiceS
	longest, ok := p.Budget(p.rate, 1)
	spare, enough := p.Budget(p.rate, poolmodel.Headroom)
	limit := ""
	if longest*math.Ceil(p.Share)+p.ServiceS >= p.GatewayTimeoutS*(1-1e-9) {
		limit = fmt.Sprintf("; with a longer one the gateway gives up first, after %s", seconds(p.GatewayTimeoutS))
	}
	switch {
	case p.ServiceS >= p.GatewayTimeoutS:
		return "No timeout helps: the requests' own work takes longer than the gateway waits."
	case !ok:
		return fmt.Sprintf("No timeout holds %s: the requests' own work alone takes %s workers (%s x %s), and there %s.", at, short(own), at, seconds(p.ServiceS), are(p.Workers))
	case !enough:
		return fmt.Sprintf("A timeout of at most %s holds %s, evenly spaced and with no headroom: the requests' own work alone takes %s of %s%s.", atMost(longest), at, short(own), plural(p.Workers, "worker"), limit)
	case p.arrivals == "poisson":
		return fmt.Sprintf("A timeout of at most %s holds %s with headroom for uneven arrivals (%s if they were evenly spaced)%s.", atMost(spare), at, atMost(longest), limit)
	}
	return fmt.Sprintf("A timeout of at most %s holds %s (%s with headroom: workers 80%% busy)%s.", atMost(longest), at, atMost(spare), limit)
}

func are(n int) string {
	if n == 1 {
		return "is 1"
	}
	return fmt.Sprintf("are %d", n)
}

// strip draws the time simulated, each mark as many answers as came then.
func (p *prediction) strip() string {
	const marks = 60
	last := min(len(p.result.Seconds), int(math.Ceil(p.lasts)))
	each := max((last+marks-1)/marks, 1)
	var b strings.Builder
	for from := 0; from < last; from += each {
		good, bad := int64(0), int64(0)
		for _, s := range p.result.Seconds[from:min(from+each, last)] {
			good, bad = good+s.OK, bad+s.BadGateway+s.GatewayTimeout
		}
		switch {
		case good+bad == 0:
			b.WriteByte('.')
		case bad == 0:
			b.WriteByte('+')
		case good == 0:
			b.WriteByte('x')
		default:
			b.WriteByte('o')
		}
	}
	return fmt.Sprintf("\n  0 s %s %s\n      each mark %s:  + all good  o some errors  x only errors  . no answers\n", b.String(), seconds(float64(last)), seconds(float64(each)))
}

// seconds writes a time with the digits that matter.
func seconds(s float64) string {
	switch {
	case s == 0:
		return "0 s"
	case s < 0.00995:
		return trim(strconv.FormatFloat(s*1e3, 'f', 2, 64)) + " ms"
	case s < 0.0995:
		return strconv.FormatFloat(s*1e3, 'f', 0, 64) + " ms"
	case s < 0.995:
		return trim(strconv.FormatFloat(s, 'f', 2, 64)) + " s"
	case s < 99.95:
		return trim(strconv.FormatFloat(s, 'f', 1, 64)) + " s"
	}
	return strconv.FormatFloat(s, 'f', 0, 64) + " s"
}

// atMost writes a limit, rounded down unless it lies within 1% of the next
// step, as reports do: no figure of a site is known better than that.
func atMost(s float64) string {
	switch {
	case s >= 9.95:
		return strconv.FormatFloat(down(s, 0.1), 'f', 1, 64) + " s"
	case s >= 0.0995:
		return strconv.FormatFloat(down(s, 0.01), 'f', 2, 64) + " s"
	}
	return trim(strconv.FormatFloat(down(s*1e3, 0.1), 'f', 1, 64)) + " ms"
}

func down(v, step float64) float64 { return math.Floor((v+min(0.01*v, step/2))/step) * step }

func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// short writes a number as it was probably given.
func short(v float64) string {
	if v < 0.001 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return trim(strconv.FormatFloat(v, 'f', 3, 64))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
