package configs

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Egress is the forward proxy the site's outgoing calls may be pointed at.
type Egress struct {
	Listen string   `mapstructure:"listen"`
	Allow  []string `mapstructure:"allow"`  // networks of clients (CIDR), needed unless Listen is loopback; loopback always may
	Parent string   `mapstructure:"parent"` // URL of the proxy that the calls go on through; if empty, none
	// NoProxy are the hosts that are reached without Parent, as in the variable
	// NO_PROXY: names and what is below them, addresses, networks, each with a port or not.
	NoProxy []string `mapstructure:"no_proxy"`
}

// DNS has the name of a dependency with a host not be found; open connections go on.
type DNS struct {
	Delay time.Duration `mapstructure:"delay"` // how long each lookup takes before it fails
}

// SlowDial has connecting to a dependency with a host take longer.
type SlowDial struct {
	Delay time.Duration `mapstructure:"delay"` // before each connect
}

// Networks returns Allow. What is no network is left out; Validate tells of it.
func (e Egress) Networks() []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range e.Allow {
		if network, err := netip.ParsePrefix(text); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

// Parents returns a function that says through which proxy a host:port is
// reached, or nil for directly: Parent, except for NoProxy, this machine, and
// dependencies that have an upstream of their own. It is nil without a Parent.
func (e Egress) Parents(dependencies []Dependency) func(host string) *url.URL {
	if e.Parent == "" {
		return nil
	}
	through := (&httpproxy.Config{HTTPProxy: e.Parent, NoProxy: strings.Join(e.NoProxy, ",")}).ProxyFunc()
	own := map[string]bool{}
	for _, d := range dependencies {
		own[strings.ToLower(d.Host)] = d.Upstream != ""
	}
	return func(host string) *url.URL {
		parent, err := through(&url.URL{Scheme: "http", Host: host})
		if err != nil || own[host] {
			return nil
		}
		return parent
	}
}

// ParentOf returns the proxy through which a dependency with a host is reached, or nil.
func (e Egress) ParentOf(d Dependency) *url.URL {
	parents := e.Parents([]Dependency{d})
	if parents == nil {
		return nil
	}
	return parents(strings.ToLower(d.Host))
}
