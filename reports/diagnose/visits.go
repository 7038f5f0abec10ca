package diagnose

import (
	"iter"
	"slices"
	"time"

	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/measure"
	"github.com/tailback/tailback/reports/poolmodel"
	"github.com/tailback/tailback/reports/words"
)

// thinned is below which part of what visits ask for when all are completed a run's own
// requests are too few beside those that others may send.
const thinned = 0.7

// AssumeOfVisits says what figures assume because visitors who wait send nothing more, and
// those that were turned away never do: that few others fill the queue beside
// them, and that the steps which were not sent meanwhile are served by the same workers.
func AssumeOfVisits(run *measure.Run, pool *reports.Pool, fit *PoolFit, dependencies []reports.Dependency) {
	if run.Visits == nil {
		return
	}
	if pool.QueueSlots != nil && sentOfAsked(run) < thinned && (fit.others > 0 || !logged(run)) {
		assume(pool, "queue_slots", "nobody but this run uses the site: its visitors send little while they wait")
	}
	if apart := notMet(run, dependencies); pool.CapacityHz != nil && fit.capacity.estimate == nil && apart != nil {
		assume(pool, "capacity_hz", words.Join(apart)+" "+words.Either(int64(len(apart)), "is", "are")+" served by these workers: while they were all busy hardly any visitor came so far")
	}
}

// sentOfAsked is what was sent from the first fault that refused requests to the
// first that it refused, of what visits ask for then that are all completed; 1 where
// none was refused under a fault.
func sentOfAsked(run *measure.Run) float64 {
	for _, o := range run.Onsets {
		if o.Kind != measure.Refused502 || o.Fault < 0 {
			continue
		}
		from := run.Faults[o.Fault].Applied
		sent := measure.SumCells(run.Cells.Flow.Sent, run.Cells.Cell(from), run.Cells.Cell(o.At))
		if asked := askedIn(run, from, o.At); asked > 0 {
			return float64(sent) / asked
		}
	}
	return 1
}

// askedIn is how many requests open phases ask for in [from, to), of visits if all are completed.
func askedIn(run *measure.Run, from, to time.Duration) (requests float64) {
	for _, p := range run.Manifest.Phases {
		first, last := max(from, time.Duration(p.StartNS)), min(to, time.Duration(p.EndNS))
		if p.Kind != reports.OpenPhase || first >= last {
			continue
		}
		at := func(t time.Duration) float64 {
			part := float64(t-time.Duration(p.StartNS)) / float64(p.EndNS-p.StartNS)
			return p.RateFrom + part*(p.RateTo-p.RateFrom)
		}
		requests += (at(first) + at(last)) / 2 * (last - first).Seconds()
	}
	return requests
}

// logged reports whether an access log of the site was read: it tells of others.
func logged(run *measure.Run) bool {
	for _, o := range run.Observed {
		if o.Kind == journal.Access {
			return true
		}
	}
	return false
}

// notMet are the requests of which nothing shows that they take the workers whose
// calls are faulted: they call nobody, and were not refused with the others.
func notMet(run *measure.Run, dependencies []reports.Dependency) (names []string) {
	met := make([]bool, len(run.Manifest.Requests))
	for _, d := range dependencies {
		for r, calls := range run.CallsOfEach(d.Name) {
			met[r] = met[r] || calls > 0.5
		}
	}
	for _, o := range run.Onsets {
		if o.Kind != measure.Refused502 {
			continue
		}
		for r, n := range o.Seen.Requests {
			met[r] = met[r] || n > 0
		}
	}
	for r, is := range met {
		if !is {
			names = append(names, run.Manifest.Requests[r])
		}
	}
	return names
}

// mayAcquit reports whether at least half of the onset's errors may have come without the
// fault as well: they do in the model if all visits are completed, which ask for more than
// those that the fault held or had turned away.
func (m *acquittal) mayAcquit(o *measure.Onset, f *measure.Fault) bool {
	if m.run.Visits == nil || !m.known {
		return false
	}
	faults := slices.DeleteFunc(slices.Clone(m.run.Faults), func(one *measure.Fault) bool { return one == f })
	sc := replayed(m.run, faults, m.through.site, m.through.dependencies, m.timeouts)
	sc.Seed = m.run.Manifest.Seed
	r, err := poolmodel.Simulate(sc, asAsked(m.run, max(m.from, 0), min(m.to, m.run.End)))
	return err == nil && 2*m.sum(r, codesOfModel(o), o.At-time.Second, shownBy(o)+time.Second) >= o.Count
}

// asAsked are the requests of visits that are all completed, evenly spaced.
func asAsked(run *measure.Run, from, to time.Duration) iter.Seq[time.Duration] {
	const step = 10 * time.Millisecond
	return func(yield func(time.Duration) bool) {
		due := 0.0
		for at := from; at < to; at += step {
			for due += askedIn(run, at, at+step); due >= 1; due-- {
				if !yield(at) {
					return
				}
			}
		}
	}
}
