package zoo

import "time"

// What a worker waits for.
const (
	forNothing = iota
	forLock
	forItself
	forPlace
	forCall // and the dependency's number
)

// State is what the site is doing at one moment, in truth.
type State struct {
	At      time.Duration
	Busy    int   // workers with a request, of all pools
	Queue   int   // requests in the accept queues
	Waiting []int // workers that wait for each dependency
	Locked  int   // workers that wait for the session's lock
	Itself  int   // workers that wait for a page of their own site
	Placed  int   // workers that wait for a place in a connection pool
}

// stateEvery is how often the state is kept.
const stateEvery = 100 * time.Millisecond

func (w *world) look() {
	s := State{At: w.now, Waiting: make([]int, len(w.dependencies))}
	for _, p := range w.pools {
		s.Queue += len(p.queue)
		for one := range p.workers {
			if one.at == nil {
				continue
			}
			s.Busy++
			switch one.waits {
			case forNothing:
			case forLock:
				s.Locked++
			case forItself:
				s.Itself++
			case forPlace:
				s.Placed++
			default:
				s.Waiting[one.waits-forCall]++
			}
		}
	}
	w.state = append(w.state, s)
}
