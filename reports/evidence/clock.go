package evidence

import (
	"fmt"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// stamp is the time that a line gives itself, to the second. The zero stamp is
// none.
type stamp struct {
	at    time.Time
	zoned bool // if false the line does not say its zone, and at is in UTC
}

const (
	// agree is how far a stamp may be from the line's arrival: it is cut to the
	// second, and the line came a poll later or through a network.
	agree = 2 * time.Second
	// zones are apart by this or a multiple.
	zones = 15 * time.Minute
	// together is how long the old lines that a command begins with may take.
	together = time.Second
	// steady is how long lines must keep the same distance from our clock before
	// it is taken for the other clock's, rather than for the age of old lines.
	steady = 3 * time.Second
	// maxHeld bounds the lines that wait for that at the start, where most are old,
	// and maxAged those in mid-run, where none is.
	maxHeld = 1000
	maxAged = 1 << 16
)

// clock places lines in the run: by their arrival, which is on our own clock,
// and by their own stamps where these say that a line is older than that.
//
// A file is read from its end on, so each of its lines is new. A command may
// begin with old lines (tail does), so those whose stamp is not now are held
// until the first one whose stamp is, or until they have kept one distance from
// our clock for a while, which is then the skew between the clocks. Without a
// zone an old line may seem to be of now: the last of those that come together
// is the one to go by.
type clock struct {
	t0    time.Time
	live  bool // every line is new
	count func(at, doubt time.Duration, e *entry)

	agreed int64         // lines whose stamp is that of their arrival
	off    int64         // lines whose stamp is not
	zoned  bool          // stamps have a zone
	offBy  time.Duration // of the last such line: arrival - stamp
	known  bool          // base is
	base   time.Duration // what a new line's arrival is after its stamp
	since  time.Duration // how long the lines held have kept about offBy
	held   []heldLine
	step   time.Duration // how far the other clock was set forward in mid-run, or ours back
}

type heldLine struct {
	arrival, after time.Duration
	entry          entry
}

// take places a line that arrived now, and counts it if it is of the run.
func (c *clock) take(arrival time.Duration, e *entry) {
	if e.stamp.at.IsZero() {
		c.place(arrival, 0, pollEvery, e)
		return
	}
	after := arrival - e.stamp.at.Sub(c.t0)
	zone := c.zone(after, e)
	c.zoned = e.stamp.zoned
	now := (after - zone).Abs() <= agree
	if now {
		c.agreed++
	} else if c.off++; c.off == 1 || (after-c.offBy).Abs() > agree {
		c.offBy, c.since = after, arrival
	}
	switch {
	case c.known:
		c.follow(arrival, after, e)
	case now && (c.live || e.stamp.zoned || len(c.held) > 0 && arrival-c.held[0].arrival >= together):
		c.settle(zone)
		c.placeKnown(arrival, after, e)
	case c.live: // it is new, but it can't be told whether the clock is off or the line came late
		c.place(arrival, 0, max(pollEvery, (after-zone).Abs()), e)
	case !now && arrival-c.since >= steady:
		c.settle(c.offBy)
		c.placeKnown(arrival, after, e)
	default:
		c.hold(arrival, after, e, maxHeld)
	}
}

// hold keeps a line until it is known where to place it, and reports whether there was room.
func (c *clock) hold(arrival, after time.Duration, e *entry, room int) bool {
	if len(c.held) >= room {
		return false
	}
	e.text = append([]byte(nil), e.text...)
	c.held = append(c.held, heldLine{arrival, after, *e})
	return true
}

// follow places a line, now that the distance of the clocks is known. One that
// is older than its arrival was written late (buffer=), or a clock was stepped:
// late lines come together and are of different ages, but after a step all that
// come are of the same. So it is held until that can be told.
func (c *clock) follow(arrival, after time.Duration, e *entry) {
	late := after - c.base
	if late <= agree {
		c.settle(c.base)
		if late < -agree && (c.live || e.stamp.zoned) {
			c.stepped(-late)
		}
		c.placeKnown(arrival, after, e)
		return
	}
	if len(c.held) > 0 && (after-c.held[0].after).Abs() > agree {
		c.settle(c.base)
	}
	if !c.hold(arrival, after, e, maxAged) {
		c.settle(c.base)
		c.placeKnown(arrival, after, e)
		return
	}
	if arrival-c.held[0].arrival >= steady {
		c.stepped(-late)
		c.settle(c.held[0].after)
	}
}

// stepped notes the first step of a clock.
func (c *clock) stepped(by time.Duration) {
	if c.step == 0 {
		c.step = by
	}
}

// zone is how far the zone of a stamp that does not name it may be off: the
// nearest, by which the line is of now.
func (c *clock) zone(after time.Duration, e *entry) time.Duration {
	if e.stamp.zoned {
		return 0
	}
	return after.Round(zones)
}

// settle fixes the distance between the clocks, and places what waited for it.
func (c *clock) settle(base time.Duration) {
	c.known, c.base = true, base
	for _, h := range c.held {
		c.placeKnown(h.arrival, h.after, &h.entry)
	}
	c.held = nil
}

// end places what still waits: by its last line, if that is of its arrival.
func (c *clock) end() {
	if c.known {
		c.settle(c.base)
	}
	if len(c.held) == 0 {
		return
	}
	last := &c.held[len(c.held)-1]
	if zone := c.zone(last.after, &last.entry); (last.after - zone).Abs() <= agree {
		c.settle(zone)
	}
}

// placeKnown places a line by its stamp, now that the distance of the clocks is
// known. One that is older than its arrival was written late, or before the run.
func (c *clock) placeKnown(arrival, after time.Duration, e *entry) {
	late := after - c.base
	if zone := c.zone(after, e); late < -agree && (after-zone).Abs() <= agree {
		c.base, late = zone, after-zone // newer than any line so far: the zone was wrong
	}
	switch {
	case !c.live && arrival-late+time.Second < 0: // the second of its stamp was over before the run
	case late.Abs() <= agree:
		c.place(arrival, 0, pollEvery, e)
	case late > 0:
		c.place(arrival, late, time.Second, e)
	case c.live || e.stamp.zoned: // it can't be from the future: its stamp is wrong
		c.place(arrival, 0, pollEvery, e)
	}
}

func (c *clock) place(arrival, late, doubt time.Duration, e *entry) {
	if at := arrival - late; at >= 0 {
		c.count(at, doubt, e)
	}
}

// skew says how far the site's clock is from ours, if it is.
func (c *clock) skew() string {
	if c.step != 0 {
		by, word := c.step, "forward"
		if by < 0 {
			by, word = -by, "back"
		}
		return fmt.Sprintf("its times jumped %s by about %.0f s in mid-run, so a clock was set, or its lines come that late: they are placed by when they came; have NTP keep the clocks", word, by.Seconds())
	}
	if c.off == 0 || c.agreed > 0 || !c.known && !c.live {
		return ""
	}
	by, word := c.offBy, "behind"
	if !c.zoned {
		by -= by.Round(zones)
	}
	if by < 0 {
		by, word = -by, "ahead of"
	}
	far := fmt.Sprintf("%.0f s", by.Seconds())
	if by > 2*time.Hour {
		far = fmt.Sprintf("%.0f h", by.Hours())
	}
	return fmt.Sprintf("the clock of its machine is %s %s this one's, or its lines come late: they are placed by when they came; set both clocks by NTP", far, word)
}

// skewed is the observation of it.
func (c *clock) skewed(source journal.Source) (journal.Observation, bool) {
	text := c.skew()
	return journal.Observation{AtNS: int64(max(0, time.Since(c.t0))), Source: source, Kind: journal.Skew, Count: 1, Text: text}, text != ""
}
