package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"syscall"
	"time"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/configs"
)

// dialTimeout bounds how long a dependency may take to accept a connection.
const dialTimeout = 5 * time.Second

// Supported says what of the experiment this version can't play, or returns nil.
// To play the rest and say nothing would test something else than was asked.
func Supported(exp *configs.Experiment) error {
	if len(exp.Phases) == 0 {
		return errors.New("run experiment: it has no phases; add at least one")
	}
	return nil
}

// preflight checks what can be checked before the first hit. It returns the
// target's answer if that is one that the request does not expect.
func preflight(ctx context.Context, exp *configs.Experiment, a *attack.Attack) (unexpected string, err error) {
	status, expected, err := a.Probe(ctx)
	if err == nil && !expected {
		unexpected = status
	}
	return unexpected, errors.Join(atHand(ctx, exp), err)
}

// atHand checks that there is what a run needs besides the target: descriptors and dependencies.
func atHand(ctx context.Context, exp *configs.Experiment) error {
	errs := []error{descriptors(exp)}
	for i := range exp.Dependencies {
		errs = append(errs, Reach(ctx, exp, i))
	}
	return errors.Join(errs...)
}

// Reach connects to the experiment's dependency i, or to the proxy that is on the way to it.
func Reach(ctx context.Context, exp *configs.Experiment, i int) error {
	if exp.Chaos.Toxiproxy != configs.Embedded { // they are reached from elsewhere
		return nil
	}
	d := exp.Dependencies[i]
	key, address := "upstream", d.Upstream
	if address == "" {
		key, address = "host", d.Host
		if u := exp.Chaos.Egress.ParentOf(d); u != nil {
			key, address = "host, or chaos.egress.parent", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80"))
		}
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("reach dependency %s: %w; start it, or correct dependencies[%d].%s", d.Name, err, i, key)
	}
	return conn.Close()
}

// descriptors checks that the limit on open files is enough for the worst
// pile-up: by Little's law rate x timeout requests wait when nothing answers,
// each with a connection to the target, and through each faulted dependency's
// proxy, and the egress, one from the site and one to the dependency.
func descriptors(exp *configs.Experiment) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit on open files: %w", err)
	}
	const ours = 64 // files, listeners, standard streams
	need := uint64(waiting(exp)*(1+2*faulted(exp)) + ours)
	if need > limit.Cur {
		return fmt.Errorf("open enough connections: up to %d files may be open at once and the limit is %d; raise it (ulimit -n %d), or lower target.timeout, a rate or limits.in_flight", need, limit.Cur, need)
	}
	return nil
}

// waiting returns the most requests that can wait for an answer at once.
func waiting(exp *configs.Experiment) int {
	most := 0
	for _, p := range exp.Phases {
		n := max(p.Concurrency, p.Burst)
		if p.Open() {
			n = int(math.Ceil(exp.MaxRate(p) * min(exp.Target.Timeout, exp.Duration()).Seconds()))
		}
		most = max(most, n)
	}
	return min(most, exp.Limits.InFlight)
}

// faulted returns how many dependencies have a fault that is played in this
// process. Besides those, a request may wait for any other host through the egress.
func faulted(exp *configs.Experiment) int {
	if exp.Chaos.Toxiproxy != configs.Embedded {
		return 0
	}
	names := map[string]bool{}
	for _, p := range exp.Phases {
		for _, f := range p.Faults {
			names[f.Dependency] = true
		}
	}
	if exp.Chaos.Egress.Listen != "" {
		return len(names) + 1
	}
	return len(names)
}
