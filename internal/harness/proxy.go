package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"

	"github.com/tailback/tailback/chaos"
	"github.com/tailback/tailback/configs"
)

// Proxy listens for the experiment's dependencies and serves whoever wants to
// break them until ctx ends; it then lifts every fault and returns nil. It serves
// at the address in chaos.toxiproxy, which must be this machine's own, or at
// listen if that is given. ready is told the address; say, of the runs.
func Proxy(ctx context.Context, exp *configs.Experiment, listen string, ready, say func(string)) error {
	if listen == "" {
		var err error
		if listen, err = ownAddress(exp.Chaos.Toxiproxy); err != nil {
			return err
		}
	}
	if exp.Chaos.Token == (configs.Secret{}) { // with chaos.toxiproxy embedded, and --listen
		exp.Chaos.Token = configs.Secret{Env: configs.AuthTokenVariable, Text: os.Getenv(configs.AuthTokenVariable)}
	}
	return chaos.Serve(ctx, exp, listen, ready, say)
}

// ownAddress returns the loopback address of the URL of a proxy.
func ownAddress(toxiproxy string) (string, error) {
	if toxiproxy == configs.Embedded {
		return "", errors.New(`serve proxies: the experiment does not say where; add chaos: {toxiproxy: "http://127.0.0.1:8474"}`)
	}
	u, err := url.Parse(toxiproxy)
	if err != nil {
		return "", fmt.Errorf("serve proxies: read chaos.toxiproxy: %w", err)
	}
	if u.Scheme != "http" || u.Port() == "" || !configs.Loopback(u.Hostname()) {
		return "", fmt.Errorf("serve proxies: chaos.toxiproxy is %s, and without being told only loopback is served, by http at a port; whoever reaches the address can break the dependencies: to serve others too, say so with --listen",
			configs.BareURL(toxiproxy))
	}
	return net.JoinHostPort(u.Hostname(), u.Port()), nil
}

// Lifted is what Lift has found and done.
type Lifted = chaos.Lifted

// Lift undoes what runs that live no more have left on plain Toxiproxy servers,
// on all or on the one at the URL, and sees that it is gone. A `tailback proxy`
// needs none of that: it lifts by itself.
func Lift(ctx context.Context, toxiproxy string) (Lifted, error) { return chaos.Lift(ctx, toxiproxy) }
