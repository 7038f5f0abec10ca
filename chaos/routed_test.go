package chaos

import (
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
)

// A refused connect leaves no trace. What shows that the site is routed through
// the proxy is that it was using it just before.
func TestRouted(t *testing.T) {
	for _, test := range []struct {
		name string
		use  func(*rig)
		want bool
	}{
		{"never used", func(*rig) {}, false},
		{"a connection is open", func(r *rig) { r.asked() }, true},
		{"one has just ended", func(r *rig) {
			c := r.asked()
			c.Close()
			waitFor(t, func() bool { return r.one().ID == 0 })
		}, true},
		{"the last came long ago", func(r *rig) {
			c := r.asked()
			c.Close()
			waitFor(t, func() bool { return r.one().ID == 0 })
			p := r.proxies["payments"]
			p.mu.Lock()
			defer p.mu.Unlock()
			p.used = time.Now().Add(-2 * justNow)
		}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, newDependency(t).addr, configs.Fault{Down: &configs.Down{}})
			test.use(r)
			r.apply()
			if met, _ := r.lift(); met.Routed != test.want {
				t.Errorf("routed is %v, want %v", met.Routed, test.want)
			}
		})
	}
}

// Of the connections that met no fault there is one for each of the site's
// requests: they are not recorded.
func TestUntouchedConnectionsAreNotRecorded(t *testing.T) {
	r := newRig(t, newDependency(t).addr, configs.Fault{Hang: &configs.Hang{}, Share: 1e-12})
	r.apply()
	for range 10 {
		c := r.asked()
		c.Close()
	}
	waitFor(t, func() bool { return r.one().ID == 0 })
	if met, conns := r.lift(); len(conns) != 0 || *met.Connections != 0 || !met.Routed {
		t.Errorf("%d connections recorded, %d touched, routed %v; want 0, 0, true", len(conns), *met.Connections, met.Routed)
	}
}

// A limit cuts an answer short also when the dependency has closed behind it.
func TestLimitCutsAnAnswerThatEnds(t *testing.T) {
	r := newRig(t, newDependency(t).addr, configs.Fault{Limit: &configs.Limit{Bytes: 4}})
	r.apply()
	for range 20 {
		c := r.dial()
		c.ask("9 bye", 9)
		c.sees("part, eof")
	}
	if met, _ := r.lift(); *met.RequestsHeld != 20 {
		t.Errorf("%d requests held, want 20", *met.RequestsHeld)
	}
}
