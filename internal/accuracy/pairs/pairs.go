// Package pairs holds what `compare` says of two runs against what was changed
// between them on a real site: nothing, or one thing.
package pairs

import (
	"fmt"
	"time"
)

// Job is one run of a pair: the site as built, and what it is asked.
type Job struct {
	Name      string
	Workers   int
	ServiceMS int // of the page's own work
	TimeoutMS int // of its call
	Errors    float64
	Delay     time.Duration // of the dependency when it is well
	Phases    string
}

// steady has the pool's figures seen as well: while payments hangs, all workers wait.
const steady = `  - {name: warmup, duration: 3s, rate: 20, warmup: true}
  - {name: steady, duration: 60s, rate: 20}
  - {name: hang, duration: 15s, rate: 12, faults: [{dependency: payments, hang: {}, after: 1s, for: 10s}]}
  - {name: recovery, duration: 12s, rate: 12}
`

// many is one minute of more requests, among which few fail.
const many = `  - {name: warmup, duration: 3s, rate: 40, warmup: true}
  - {name: steady, duration: 60s, rate: 40}
`

// Alike is how many pairs of identical runs there are; Changed of each change.
const (
	Alike   = 60
	Changed = 20
)

// Jobs are all runs, or those whose change is only. Pair i of those alike is
// alike-i-a and alike-i-b; pair i of a change is alike-i-a and the change's, for
// errors few-i and errors-i.
func Jobs(only string) (all []Job) {
	base := Job{Workers: 8, ServiceMS: 100, TimeoutMS: 1000, Delay: 20 * time.Millisecond, Phases: steady}
	add := func(change, name string, i int, with func(*Job)) {
		job := base
		with(&job)
		job.Name = fmt.Sprintf("%s-%02d", name, i)
		if only == "" || only == change {
			all = append(all, job)
		}
	}
	for i := range Alike {
		add("alike", "alike-a", i, func(*Job) {})
		add("alike", "alike-b", i, func(*Job) {})
		if i >= Changed {
			continue
		}
		add("service", "service", i, func(j *Job) { j.ServiceMS = 112 }) // with the call, 132 of 120 ms
		add("worker", "worker", i, func(j *Job) { j.Workers = 7 })
		add("timeout", "timeout", i, func(j *Job) { j.TimeoutMS = 800 })
		add("errors", "few", i, func(j *Job) { j.Errors, j.Phases = 0.005, many })
		add("errors", "errors", i, func(j *Job) { j.Errors, j.Phases = 0.02, many })
	}
	return all
}
