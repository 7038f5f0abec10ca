package configs

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// faults checks the faults of a phase, or with phase 0 those of capacity.
func (c *check) faults(faults []Fault, phase time.Duration, path string) {
	for i, f := range faults {
		at := element(path+".faults", i)
		c.known(f.Dependency, at+".dependency")
		c.oneKind(f, at)
		c.share(f, at)
		c.parameters(f, at)
		if path != "capacity" {
			c.span(f, phase, at)
		} else if f.After != 0 || f.For != 0 {
			c.add(at, "has after or for; a fault of capacity lasts as long as the load")
		}
	}
	if path != "capacity" {
		c.overlaps(faults, path+".faults")
	}
}

func (c *check) known(dependency, path string) {
	names := make([]string, len(c.e.Dependencies))
	for i, d := range c.e.Dependencies {
		names[i] = d.Name
	}
	switch {
	case dependency == "":
		c.add(path, "needs the name of a dependency")
	case slices.Contains(names, dependency) || c.unnamed(names, "dependencies"):
	case len(names) == 0:
		c.add(path, "no dependency is named %q; there are none, list them under dependencies", dependency)
	default:
		near := didYouMean(dependency, names)
		if near == "" {
			near = "; there is " + strings.Join(names, ", ")
		}
		c.add(path, "no dependency is named %q%s", dependency, near)
	}
}

func (c *check) oneKind(f Fault, path string) {
	var set, all []string
	for _, k := range faultKinds {
		all = append(all, k.Name)
		if k.set(f) || c.unread(path+"."+k.Name) {
			set = append(set, k.Name)
		}
	}
	switch len(set) {
	case 0:
		c.add(path, "needs a kind, one of %s", strings.Join(all, ", "))
	case 1:
	default:
		c.add(path, "has %s; a fault has one kind", strings.Join(set, " and "))
	}
}

func (c *check) share(f Fault, path string) {
	kind, _ := KindOf(f.Kind())
	switch {
	case !(f.Share > 0 && f.Share <= 1): // also NaN
		c.add(path+".share", "needs to be above 0 and at most 1, such as 0.5 for half of the connections, not %s", decimal(f.Share))
	case f.Share < 1 && kind.OnListener() && !c.hasHost(f.Dependency):
		c.add(path+".share", "%s works on the listening address and so on every connection; remove the share", kind.Name)
	}
}

// span checks that a fault lies within its phase.
func (c *check) span(f Fault, phase time.Duration, path string) {
	if phase <= 0 || c.untimed(path) {
		return
	}
	switch {
	case !c.within(f.After, maxDuration, path+".after"):
	case f.After >= phase:
		c.add(path+".after", "the fault would begin after %s, but its phase ends after %s", DurationText(f.After), DurationText(phase))
	case !c.positive(f.For, maxDuration, path+".for"):
	case f.After+f.For > phase:
		c.add(path+".for", "the fault would end after %s, but its phase ends after %s", DurationText(f.After+f.For), DurationText(phase))
	}
}

// untimed reports whether a fault's time was given but could not be read.
func (c *check) untimed(path string) bool { return c.unread(path+".after") || c.unread(path+".for") }

// overlaps finds faults that are on one dependency at the same time.
func (c *check) overlaps(faults []Fault, path string) {
	order := make([]int, len(faults))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(faults[a].Dependency, faults[b].Dependency), cmp.Compare(faults[a].After, faults[b].After))
	})
	for k := 1; k < len(order); k++ {
		before, f := faults[order[k-1]], faults[order[k]]
		if c.untimed(element(path, order[k-1])) || c.untimed(element(path, order[k])) {
			continue
		}
		if f.Dependency == before.Dependency && f.Dependency != "" && f.After-before.After < before.For {
			c.add(element(path, order[k]), "begins while %s is still on %q (from %s to %s); a dependency has one fault at a time",
				element("faults", order[k-1]), f.Dependency, DurationText(before.After), DurationText(before.After+before.For))
		}
	}
}

// parameters refuses, besides what makes no sense, what would crash or wedge
// Toxiproxy: its toxics overflow, divide by zero or recurse without end.
func (c *check) parameters(f Fault, path string) {
	path += "." + f.Kind()
	if !c.reached(f, path) {
		return
	}
	switch {
	case f.Latency != nil:
		c.latency(*f.Latency, f.For, path)
	case f.Reset != nil:
		c.cut(f.Reset.After, f.For, path+".after")
	case f.Close != nil:
		c.cut(f.Close.After, f.For, path+".after")
	case f.Bandwidth != nil:
		if rate := f.Bandwidth.Rate; rate < 1000 || rate%1000 != 0 || rate > maxSize {
			c.add(path+".rate", `needs whole kilobytes a second, at least "1KB/s"`)
		}
	case f.SlowClose != nil:
		if c.positive(f.SlowClose.Delay, maxDelay, path+".delay") {
			c.millis(f.SlowClose.Delay, path+".delay")
		}
	case f.Slice != nil:
		c.size(f.Slice.Size, path+".size")
		c.within(f.Slice.Delay, maxDelay, path+".delay")
	case f.Limit != nil:
		c.size(f.Limit.Bytes, path+".bytes")
	case f.HTTPError != nil:
		c.httpError(*f.HTTPError, f.Dependency, path)
	case f.DNS != nil:
		c.connects(f, f.DNS.Delay, path)
	case f.SlowDial != nil:
		if c.connects(f, f.SlowDial.Delay, path) {
			c.positive(f.SlowDial.Delay, maxDelay, path+".delay")
		}
	}
}

// framing are the headers that say where an answer ends.
var framing = []string{"content-length", "transfer-encoding", "connection"}

func (c *check) httpError(h HTTPError, dependency, path string) {
	if h.Status < 400 || h.Status > 599 {
		c.add(path+".status", "needs a status from 400 to 599, such as 500, not %d", h.Status)
	}
	for i, header := range h.Headers {
		at := element(path+".headers", i)
		c.headerForm(header, at)
		if slices.Contains(framing, strings.ToLower(header.Name)) {
			c.add(at+".name", "%s is set when the answer is sent; remove it here", header.Name)
		}
	}
	for _, d := range c.e.Dependencies {
		if d.Name == dependency && (isTLS(d.Upstream) || isTLS(d.Host)) {
			c.add(path, "%s is spoken to over TLS (port 443), in which no request can be read or answered; use reset, close, down, hang or latency", d.Name)
		}
	}
}

// isTLS reports whether the port of an address is that of HTTPS.
func isTLS(address string) bool {
	_, port, _ := splitHostPort(address)
	return port == "443"
}

func (c *check) size(s Size, path string) {
	if s < 1 || s > maxSize {
		c.add(path, "needs to be from 1B to %s", maxSize)
	}
}

// cut checks the wait of a reset or a close. One that is as long as the fault
// would never come.
func (c *check) cut(after, lasts time.Duration, path string) {
	if c.within(after, maxDelay, path) && lasts > 0 && after >= lasts {
		c.add(path, "the connection would be cut after %s, but the fault lasts %s", DurationText(after), DurationText(lasts))
	}
}

func (c *check) latency(l Latency, lasts time.Duration, path string) {
	c.oneOf(l.Direction, path+".direction", Downstream, Upstream)
	most := max(l.Delay.From, l.Delay.To)
	if !c.dose(l.Delay, lasts, path+".delay") || !c.within(l.Jitter, maxDelay, path+".jitter") {
		return
	}
	if l.Jitter > most {
		c.add(path+".jitter", "%s is more than the delay, %s; a delay cannot become negative", DurationText(l.Jitter), DurationText(most))
	}
	c.millis(l.Jitter, path+".jitter")
}

func (c *check) dose(d Dose, lasts time.Duration, path string) bool {
	if c.unread(path) {
		return false
	}
	known := len(c.Mistakes)
	switch {
	case d.From == d.To && d.Step == 0 && d.Every == 0:
		if c.positive(d.From, maxDelay, path) {
			c.millis(d.From, path)
		}
	case d.Step == 0 && d.Every == 0:
		c.add(path, "goes from %s to %s, so it needs a step and an every", DurationText(d.From), DurationText(d.To))
	case c.within(d.From, maxDelay, path+".from") && c.within(d.To, maxDelay, path+".to"):
		c.millis(d.From, path+".from")
		c.millis(d.To, path+".to")
		c.millis(d.Step, path+".step")
		c.steps(stairs{d.From.Seconds(), d.To.Seconds(), d.Step.Seconds(), d.Every, lasts, "the fault"}, path)
	}
	return known == len(c.Mistakes)
}

// millis refuses a part of a millisecond, which Toxiproxy would drop.
func (c *check) millis(d time.Duration, path string) {
	if d%time.Millisecond != 0 {
		c.add(path, "needs whole milliseconds, not %s", DurationText(d))
	}
}
