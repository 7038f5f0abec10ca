package workers

import (
	"cmp"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// Look takes a snapshot. Without a process that matches it has no workers.
func (i *Inspector) Look() (*Snapshot, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	s := &Snapshot{At: time.Now(), Workers: []Worker{}}
	// Descriptors first: what was opened later is in the sockets' tables, and does no harm there.
	held, owners := descriptors(all)
	scenes := map[string]*scene{}
	var found []*looked
	for _, p := range i.find(all) {
		name, process := namespaceOf(p.PID)
		if scenes[name] == nil {
			if scenes[name], err = newScene(process, owners); err != nil && name == "" {
				return nil, err
			}
		}
		if l := i.look(p, held[p.PID], scenes[name]); l != nil {
			found = append(found, l)
		}
	}
	gateways := map[int]map[int]bool{} // by the pool's master
	for _, l := range found {
		l.gateways(gateways)
	}
	for _, l := range found {
		l.connect(i.self, gateways[l.Master])
		s.Workers = append(s.Workers, l.Worker)
	}
	slices.SortFunc(s.Workers, func(a, b Worker) int {
		return cmp.Or(cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.Master, b.Master), cmp.Compare(a.PID, b.PID))
	})
	i.note(s)
	s.Verdict = verdict(s.Workers)
	return s, nil
}

// find returns the processes whose titles match, without ourselves and who
// started us, whose command lines hold the expression, and without the masters of others found.
func (i *Inspector) find(all procfs.Procs) []procfs.Proc {
	parents := map[int]int{}
	for _, p := range all {
		if stat, err := p.Stat(); err == nil {
			parents[p.PID] = stat.PPID
		}
	}
	skip := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !skip[pid]; pid = parents[pid] {
		skip[pid] = true
	}
	var found []procfs.Proc
	for _, p := range all {
		if !skip[p.PID] && i.match.MatchString(titleOf(p)) {
			found = append(found, p)
		}
	}
	masters := map[int]bool{}
	for _, p := range found {
		masters[parents[p.PID]] = true
	}
	return slices.DeleteFunc(found, func(p procfs.Proc) bool { return masters[p.PID] })
}

// looked is a worker and what it was seen in.
type looked struct {
	Worker
	*scene
	inodes   []uint64
	own      []uint64 // that it listens on
	incoming []uint64 // connections to these
}

// look returns what a process is and holds, or nil if it has ended.
func (i *Inspector) look(p procfs.Proc, h holdings, s *scene) *looked {
	stat, err := p.Stat()
	if err != nil {
		return nil
	}
	l := &looked{Worker: Worker{PID: p.PID, Master: stat.PPID, Title: titleOf(p), State: stat.State, User: userOf(p), Connections: []Connection{}}, scene: s}
	if m := i.match.FindStringSubmatch(l.Title); len(m) > 1 {
		l.Pool = m[1]
	}
	if s == nil {
		l.Hidden = "run as root, or in their container"
		return l
	}
	if l.inodes = h.inodes; h.err != nil {
		l.Hidden = "run as root"
		if l.User != "root" {
			l.Hidden += " or as their user, " + l.User
		}
		return l
	}
	l.findIncoming()
	return l
}

// findIncoming finds what the worker listens on, and the connections to that.
func (l *looked) findIncoming() {
	ports, paths := map[uint16]bool{}, map[string]bool{}
	for _, inode := range l.inodes {
		if k := l.sockets[inode]; k.listens {
			l.own = append(l.own, inode)
			ports[k.local.Port()], paths[k.path] = true, true
		}
	}
	for _, inode := range l.inodes {
		k := l.sockets[inode]
		if k.network != "" && !k.listens && (k.network == "tcp" && ports[k.local.Port()] || k.path != "" && paths[k.path]) {
			l.incoming = append(l.incoming, inode)
		}
	}
	if len(l.own) > 0 {
		busy := len(l.incoming) > 0
		l.Busy = &busy
	}
}

// gateways adds the processes that the worker's requests come from to those of its pool.
func (l *looked) gateways(pools map[int]map[int]bool) {
	if pools[l.Master] == nil {
		pools[l.Master] = map[int]bool{}
	}
	for _, inode := range l.incoming {
		for _, o := range l.owners[l.peer(inode)] {
			pools[l.Master][o.pid] = true
		}
	}
}

// connect fills in the connections that the worker has made, the one it waits for first.
func (l *looked) connect(self []Self, gateways map[int]bool) {
	for _, inode := range l.inodes {
		k, known := l.sockets[inode]
		if !known || k.listens || slices.Contains(l.incoming, inode) {
			continue
		}
		c := Connection{Network: k.network, State: k.state, inode: inode}
		switch {
		case k.network == "unix":
			if !l.unixConnection(&c, k) {
				continue
			}
		case !k.remote.IsValid() || k.remote.Port() == 0:
			continue // neither listens nor is connected
		default:
			c.To, c.Service = k.remote.String(), ports[k.remote.Port()]
			if k.network == "tcp" {
				l.judge(&c)
				c.Self = l.selfWhy(self, k.remote, gateways, l.own)
				c.Process = l.listenerName(k)
			} else if k.remote.Port() == 53 { // a resolver's socket lives as long as its question
				yes := true
				c.Waits = &yes
			}
		}
		l.Connections = append(l.Connections, c)
	}
	slices.SortStableFunc(l.Connections, likelier)
}

// unixConnection fills in where a unix socket leads, and reports whether that is
// of interest: not to one of its own kind, or the system's log.
func (l *looked) unixConnection(c *Connection, k socket) bool {
	peer, connected := l.peers[c.inode]
	if !k.stream || !connected {
		return false
	}
	c.To = l.sockets[peer].path
	if peer == 0 {
		yes := true
		c.To, c.Waits = "a unix socket that has not accepted it", &yes
	}
	c.Service = socketService(c.To)
	for _, o := range l.owners[peer] {
		c.Process = o.name
	}
	return c.To != "" && !strings.HasPrefix(c.To, "/run/systemd/")
}

// listenerName names the program that listens where a connection leads.
func (l *looked) listenerName(k socket) string {
	if !l.local(k.remote.Addr()) {
		return ""
	}
	for _, inode := range l.listeners(k.remote) {
		for _, o := range l.owners[inode] {
			return o.name
		}
	}
	return ""
}

// userOf is the name of the user that a process runs as, or its number.
func userOf(p procfs.Proc) string {
	status, err := p.NewStatus()
	if err != nil {
		return ""
	}
	id := strconv.FormatUint(status.UIDs[1], 10) // the effective one
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}
