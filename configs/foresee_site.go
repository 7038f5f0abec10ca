package configs

import "time"

// shortWatch is the longest wait that tells nothing of a timeout: hardly any is shorter.
const shortWatch = time.Second

// diagnosed looks whether the faults can tell what an objective asks of the site or of
// a dependency.
func (l *foreseen) diagnosed(e *Experiment, o Objective, path string) {
	answers, connects := e.withheld(o.Dependency)
	switch o.Metric {
	case "timeout", "retries":
		l.timeout(o, path, answers, connects)
	case "workers", "queue_slots", "budget":
		if o.Metric == "budget" {
			answers, connects = e.withheld("")
		}
		if answers+connects == 0 && !e.Site.sees() {
			l.add(false, path, "%q could be judged only if more is asked than the site can serve: no fault makes calls wait, and no log or status page of the pool is given under site", o.Text)
		}
	}
}

// timeout looks whether calls are kept from an answer for long enough to tell a timeout.
func (l *foreseen) timeout(o Objective, path string, answers, connects time.Duration) {
	asked := shortWatch
	if o.Metric == "timeout" && !o.Baseline {
		asked = max(asked, time.Duration(o.Value*float64(time.Second)))
	}
	switch {
	case answers+connects == 0:
		l.add(true, path, "%q could not be judged: no fault keeps calls to %s from an answer; give a phase one, such as faults: [{dependency: %s, hang: {}, for: %s}]", o.Text, o.Dependency, o.Dependency, human(max(10*time.Second, 2*asked)))
	case answers == 0:
		l.add(false, path, "%q could be judged only if it is missed: the faults on %s act while it is connected to, and only one such as hang tells how long an answer is waited for", o.Text, o.Dependency)
	case answers <= asked:
		l.add(false, path, "%q could be judged only if calls to %s are given up sooner: no fault keeps them from an answer for longer than %s; make it longer than %s", o.Text, o.Dependency, human(answers), human(asked))
	}
}

// withheld is for how long at most a call to a dependency, or to any if that is empty,
// is kept from its answer by a fault, and from its connection.
func (e *Experiment) withheld(dependency string) (answers, connects time.Duration) {
	for _, f := range e.placed() {
		kind, _ := KindOf(f.Kind())
		waits := f.For
		switch {
		case f.Latency != nil:
			waits = min(waits, max(f.Latency.Delay.From, f.Latency.Delay.To)+f.Latency.Jitter)
		case f.DNS != nil:
			waits = min(waits, f.DNS.Delay)
		case f.SlowDial != nil:
			waits = min(waits, f.SlowDial.Delay)
		}
		if dependency != "" && f.Dependency != dependency || !kind.Withholds(waits) {
			continue
		}
		if kind.At == AtConnect {
			connects = max(connects, waits)
		} else {
			answers = max(answers, waits)
		}
	}
	return answers, connects
}

// sees reports whether a log or a page tells of the pool's workers.
func (s Site) sees() bool {
	return s.PHPFPMStatus.URL != "" || s.PHPAccessLog != (Access{})
}
