// Package workers reads from the kernel what the workers of a pool are
// connected to on this machine, and says what they wait for.
package workers

import (
	"regexp"
	"slices"
	"time"
)

// PHPFPM matches the workers of php-fpm's pools, and takes the pool's name.
var PHPFPM = regexp.MustCompile(`^php-fpm: pool (\S+)`)

// Snapshot is what was seen at one moment.
type Snapshot struct {
	At      time.Time `json:"at"`
	Verdict []string  `json:"verdict"` // what it means, the most important first
	Workers []Worker  `json:"workers"` // by pool, master and process id
}

// Worker is one process of a pool.
type Worker struct {
	PID    int    `json:"pid"`
	Master int    `json:"master"`         // the process that started it
	Title  string `json:"title"`          // its command line
	Pool   string `json:"pool,omitempty"` // what the expression's first group took of it
	User   string `json:"user"`
	State  string `json:"state"` // as in ps: R runs, S and D wait
	// Busy is whether it has a request: a connection to a socket that it
	// listens on. Null where that can't be seen.
	Busy *bool `json:"busy"`
	// Hidden is why its sockets can't be seen; empty when they can.
	Hidden      string       `json:"hidden,omitempty"`
	Connections []Connection `json:"connections"` // that it has made; the one it waits for first
}

// Connection is one that a worker has made.
type Connection struct {
	Network string `json:"network"`           // tcp, udp or unix
	To      string `json:"to"`                // host:port, or a path
	Service string `json:"service,omitempty"` // what its port or path is known for
	Process string `json:"process,omitempty"` // which program listens there, if on this machine and not hidden
	State   string `json:"tcp_state,omitempty"`
	Self    string `json:"self,omitempty"` // why it is taken for the site itself; empty when it is not
	// Waits is whether the worker has had no answer to what it sent last, or to
	// its connect. Null where that can't be seen: the other side has said
	// something since, which need not be the answer or all of it.
	Waits *bool `json:"waits"`
	// WaitsS is for how long, seconds.
	WaitsS *float64 `json:"waits_s"`
	// QuietS is for how long nothing was sent or came, seconds.
	QuietS *float64 `json:"quiet_s"`
	// Tries is how often the connect was tried; of SYN_SENT.
	Tries int `json:"tries,omitempty"`
	// SeenS is how long ago this program first saw it, seconds.
	SeenS float64 `json:"seen_s"`

	inode uint64
}

// waits reports whether the worker surely waits for it.
func (c Connection) waits() bool { return c.Waits != nil && *c.Waits }

// Blind reports whether no worker's sockets could be seen.
func (s *Snapshot) Blind() bool {
	return !slices.ContainsFunc(s.Workers, func(w Worker) bool { return w.Hidden == "" })
}

// Inspector looks at the same workers again and again.
type Inspector struct {
	match *regexp.Regexp
	self  []Self
	seen  map[uint64]time.Time // when a socket was first seen, by its inode
}

// New returns an Inspector of the processes whose command line match finds.
func New(match *regexp.Regexp, self []Self) *Inspector {
	return &Inspector{match: match, self: self, seen: map[uint64]time.Time{}}
}

// note fills in how long ago each connection was first seen, and forgets those that are gone.
func (i *Inspector) note(s *Snapshot) {
	seen := map[uint64]time.Time{}
	for w := range s.Workers {
		for c := range s.Workers[w].Connections {
			conn := &s.Workers[w].Connections[c]
			first, ok := i.seen[conn.inode]
			if !ok {
				first = s.At
			}
			seen[conn.inode] = first
			conn.SeenS = s.At.Sub(first).Seconds()
		}
	}
	i.seen = seen
}
