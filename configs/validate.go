package configs

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The bounds of what makes sense. Beyond them is a typing error.
const (
	maxRate     = 1e6                 // per second
	maxDuration = 30 * 24 * time.Hour // of all phases together, and of each duration
	maxDelay    = time.Hour           // of a fault's parameters; Toxiproxy's arithmetic overflows far beyond
	maxSteps    = 1000                // of a rate or a delay
	maxName     = 100                 // bytes
)

// Version is the version of experiment files that this package reads.
const Version = 1

// Validate reports everything that is wrong with an experiment whose defaults
// are filled in, as Mistakes without lines. It reads no file and no network.
func (e *Experiment) Validate() error {
	return e.validate(func(string) bool { return false }).orNil()
}

// validate is Validate for an experiment of which some fields could not be
// read: unread reports whether one at or within a path was given but is missing.
func (e *Experiment) validate(unread func(path string) bool) Mistakes {
	c := check{e: e, unread: unread}
	c.head()
	c.target()
	c.data()
	c.requests()
	c.visits()
	c.sessions()
	c.dependencies()
	c.limits()
	c.phases()
	c.besideOwnRates()
	c.site()
	c.objectives()
	c.capacity()
	c.audit()
	return c.Mistakes
}

// check collects the mistakes of an experiment.
type check struct {
	e      *Experiment
	unread func(path string) bool
	// captured are the values that the step at hand may send, and later those of its
	// visit that it may not send yet.
	captured, later []string
	Mistakes
}

func (c *check) head() {
	if c.e.Version != Version {
		c.add("version", "needs to be %d, the version that this tailback reads", Version)
	}
	c.name(c.e.Name, "name")
	if strings.ContainsAny(c.e.Name, `/\`) || c.e.Name == "." || c.e.Name == ".." {
		c.add("name", "becomes part of a folder's name, so it needs to be without / and \\")
	}
	c.arrivals()
	if len(c.e.Phases) == 0 && c.e.Capacity == nil && c.e.Audit == nil && !c.e.Arrivals.Replayed() && !c.unread("arrivals") {
		c.add("phases", "nothing to do: an experiment needs at least one of phases, capacity and audit")
	}
}

// name checks what people and objectives call something.
func (c *check) name(name, path string) {
	switch {
	case name == "":
		c.add(path, "needs a name")
	case len(name) > maxName:
		c.add(path, "is longer than %d bytes", maxName)
	case strings.ContainsFunc(name, unprintable) || strings.TrimSpace(name) != name:
		c.add(path, "needs printable characters, and no space at either end")
	}
}

// unnamed reports whether a list has a member whose name is missing, which is a
// mistake of its own, so that a name that is not found may be meant for it.
func (c *check) unnamed(names []string, path string) bool {
	return slices.Contains(names, "") || len(names) == 0 && c.unread(path)
}

// unprintable also finds the characters that change the direction of a line.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func (c *check) oneOf(word, path string, known ...string) {
	if !slices.Contains(known, word) {
		c.add(path, "needs %s, not %q%s", strings.Join(known, " or "), word, didYouMean(word, known))
	}
}

// unique reports the names that were seen before.
func (c *check) unique(seen map[string]string, name, path, what string) {
	if name == "" {
		return
	}
	if first, ok := seen[name]; ok {
		c.add(path, "%q is %s of %s already; each needs its own", name, what, first)
		return
	}
	seen[name] = outer(path)
}

// within checks that a duration is neither negative nor beyond most.
func (c *check) within(d, most time.Duration, path string) bool {
	if d < 0 || d > most {
		c.add(path, "needs to be from 0s to %s, not %s", human(most), DurationText(d))
		return false
	}
	return true
}

// positive checks a duration that must not be zero either.
func (c *check) positive(d, most time.Duration, path string) bool {
	if d <= 0 {
		c.add(path, "needs to be longer than 0s, such as 10s")
		return false
	}
	return c.within(d, most, path)
}

func human(d time.Duration) string {
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
	return DurationText(d)
}

// number checks a rate per second, which may be zero.
func (c *check) number(v float64, path string) bool {
	if math.IsNaN(v) || v < 0 || v > maxRate {
		c.add(path, "needs to be from 0 to %s a second, not %s", decimal(maxRate), decimal(v))
		return false
	}
	return true
}

func (c *check) limits() {
	l := c.e.Limits
	c.number(l.Rate, "limits.rate")
	if l.InFlight < 1 || l.InFlight > maxRate {
		c.add("limits.in_flight", "needs to be from 1 to %s, not %d", decimal(maxRate), l.InFlight)
	}
}
