package configs

import (
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tailback/tailback/internal/replay"
)

// replayPhase is the name of the phase that there is when the file has none.
const replayPhase = "replay"

// replay reads the log, puts its requests into groups and gives each phase what
// the log has for it.
func (r *resolver) replay(e *Experiment) {
	a := &e.Arrivals
	if !a.Replayed() || a.Replay == "" || !(a.Speed > 0) || math.IsInf(a.Speed, 1) {
		return // validate says so
	}
	r.locate(&a.Replay)
	if a.Log = r.log(e); a.Log == nil {
		return
	}
	for i, q := range e.Requests {
		if q.Weight != 1 && q.Rate == nil { // of that, validate says so
			r.found.add(element("requests", i)+".weight", "says nothing beside arrivals.replay: a request is sent as often as it stands in the log; leave it out")
		}
	}
	e.groups()
	if len(e.Phases) == 0 {
		whole := (a.Log.Length + time.Second - 1).Truncate(time.Second)
		e.Phases = []Phase{{Name: replayPhase, Duration: whole}}
	}
	e.Phases = slices.Clone(e.Phases)
	for i := range e.Phases {
		if p := &e.Phases[i]; p.Rate == nil && p.Concurrency == 0 && p.Burst == 0 && p.Duration > 0 {
			hits, low, high := a.Log.Rates(e.Start(i), e.Start(i+1))
			p.Rate = &Rate{From: low, To: high, Logged: &Logged{hits}}
		}
	}
}

// log reads the log; nil with a mistake.
func (r *resolver) log(e *Experiment) *replay.Log {
	a := e.Arrivals
	fail := func(format string, args ...any) *replay.Log {
		r.found.add("arrivals.replay", format, args...)
		return nil
	}
	info, err := os.Stat(a.Replay)
	if err == nil && !info.Mode().IsRegular() {
		return fail("cannot be read: %s is no regular file", a.Replay)
	}
	f, err := os.Open(a.Replay)
	if err != nil {
		return fail("cannot be read: %v", err)
	}
	defer f.Close()
	log, err := replay.Read(f, replay.Options{Methods: a.Methods, Speed: a.Speed, Poisson: a.Spread == Poisson, Seed: e.Seed})
	if err != nil {
		return fail("%s: %v", filepath.Base(a.Replay), err)
	}
	return log
}

// groups appends the groups of the log's requests that the file has no name for,
// and gives each its weight: how often the log has it.
func (e *Experiment) groups() {
	own := make([]replay.Own, len(e.Requests))
	for i, q := range e.Requests {
		path, _, _ := strings.Cut(placeholderForm.ReplaceAllString(q.Path, "*"), "?")
		own[i] = replay.Own{Method: q.Method, Path: path}
	}
	taken := map[string]bool{}
	e.Requests = slices.Clone(e.Requests)
	for i, g := range e.Arrivals.Log.Group(own) {
		if g.Own {
			e.Requests[i].Weight = g.Hits
			taken[e.Requests[i].Name] = true
			continue
		}
		q := Request{Name: g.Method + " " + g.Path, Method: g.Method, Path: g.Path, Weight: g.Hits, Logged: true}
		if g.Path == "" {
			q.Name, q.Path = "others", "/*"
			q.Method, _, _ = e.Arrivals.Log.Sample(i)
		}
		for taken[q.Name] {
			q.Name += " (others)"
		}
		taken[q.Name] = true
		e.Requests = append(e.Requests, q)
	}
}

// withoutLog are the requests and phases as they stand in a file: without what
// comes of a log.
func (e *Experiment) withoutLog() (requests []Request, phases []Phase) {
	requests, phases = slices.Clone(e.Requests), slices.Clone(e.Phases)
	if !e.Arrivals.Replayed() {
		return requests, phases
	}
	requests = slices.DeleteFunc(requests, func(q Request) bool { return q.Logged })
	for i := range requests {
		requests[i].Weight = 1
	}
	for i := range phases {
		if p := &phases[i]; p.Rate != nil && p.Rate.Logged != nil {
			p.Rate = nil
		}
	}
	return requests, phases
}

// secretValues are the values in the log's targets that are secret by their names.
func (a Arrivals) secretValues() (all []string) {
	if a.Log == nil {
		return nil
	}
	a.Log.Targets(func(target string) {
		_, query, _ := strings.Cut(target, "?")
		for pair := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if len(value) < leastSecret || !isSecret(name) {
				continue
			}
			all = append(all, value)
			if plain, err := url.QueryUnescape(value); err == nil && plain != value {
				all = append(all, plain)
			}
		}
	})
	return all
}
