package zoo

import "time"

// places is what a bounded number of processes hold at once, first come, first
// served: a connection pool, or, with one place, a lock.
type places struct {
	free    int
	waiting []*signal
}

// take waits for a place, up to limit, and reports whether the process has it.
func (s *places) take(p *process, limit time.Duration) bool {
	if s.free > 0 {
		s.free--
		return true
	}
	turn, got := &signal{}, false
	s.waiting = append(s.waiting, turn)
	defer func() {
		if !got { // gave up, or was killed
			s.leave(turn)
		}
	}()
	got = p.await(turn, limit)
	return got
}

// give frees a place, or hands it on.
func (s *places) give() {
	if len(s.waiting) == 0 {
		s.free++
		return
	}
	turn := s.waiting[0]
	s.waiting = s.waiting[1:]
	turn.fire()
}

func (s *places) leave(turn *signal) {
	if turn.fired {
		s.give()
		return
	}
	for i, one := range s.waiting {
		if one == turn {
			s.waiting = append(s.waiting[:i:i], s.waiting[i+1:]...)
			return
		}
	}
}
