// Package configs holds what was asked: the experiment file, its types, how it
// is loaded and what makes it wrong. It imports no other package of ours.
package configs

import (
	"time"
)

// Experiment is one experiment file, decoded, with its defaults filled in.
// Ratios are 0..1, rates are per second, times are time.Durations.
type Experiment struct {
	Version      int          `mapstructure:"version"`
	Name         string       `mapstructure:"name"`
	Seed         uint64       `mapstructure:"seed"`
	Arrivals     Arrivals     `mapstructure:"arrivals"`
	Target       Target       `mapstructure:"target"`
	Data         []Data       `mapstructure:"data"`
	Requests     []Request    `mapstructure:"requests"` // or Visits: one of the two is given
	Visits       []Visit      `mapstructure:"visits"`
	Sessions     *Sessions    `mapstructure:"sessions"`
	Dependencies []Dependency `mapstructure:"dependencies"`
	Chaos        Chaos        `mapstructure:"chaos"`
	Limits       Limits       `mapstructure:"limits"`
	AbortWhen    []string     `mapstructure:"abort_when"`
	Phases       []Phase      `mapstructure:"phases"`
	Site         Site         `mapstructure:"site"`
	Objectives   []Objective  `mapstructure:"objectives"`
	Capacity     *Capacity    `mapstructure:"capacity"`
	Audit        *Audit       `mapstructure:"audit"`

	// Source is the file as it was read, byte for byte; the bundle keeps a copy.
	Source []byte `mapstructure:"-"`
	// Path is where the file was read from; relative paths in it are resolved against its folder.
	Path string `mapstructure:"-"`
	// Labels say what its runs are of, such as a commit: they are given with a run, not in the file. See Label.
	Labels map[string]string `mapstructure:"-"`
}

// Target is the site that gets the load.
type Target struct {
	URL      string        `mapstructure:"url"`  // scheme, host and an optional path that each request path is joined to
	User     Secret        `mapstructure:"user"` // sent with Password as basic authentication, as user info in URL is
	Password Secret        `mapstructure:"password"`
	Timeout  time.Duration `mapstructure:"timeout"` // how long the client waits for a whole answer, from sending
	Allow    []string      `mapstructure:"allow"`   // hosts that may be loaded, loopback always may; addresses and ranges: where they must be
	Self     []string      `mapstructure:"self"`    // other names of the site
	Host     string        `mapstructure:"host"`    // Host header and TLS name; if empty, the URL's host
	CAFile   string        `mapstructure:"ca_file"` // PEM bundle trusted besides the system's
	Cert     ClientCert    `mapstructure:"client_cert"`
	Insecure bool          `mapstructure:"insecure"` // accept any certificate
	Protocol string        `mapstructure:"protocol"` // HTTP1, which "" is too, HTTP2 or H2C
	Socket   string        `mapstructure:"socket"`   // a unix socket where the URL's host is reached; if empty, over TCP
	Sources  []string      `mapstructure:"source_addresses"`
	Redirect bool          `mapstructure:"follow_redirects"`
	UseProxy bool          `mapstructure:"use_proxy"` // obey HTTP_PROXY, HTTPS_PROXY and NO_PROXY
}

// The protocols that a target is spoken to with, by their names in TLS (RFC 7301, RFC 9113).
const (
	HTTP1 = "http/1.1"
	HTTP2 = "h2"  // if the site agrees within TLS, else HTTP1
	H2C   = "h2c" // HTTP/2 without TLS, which the site must know
)

// ClientCert is what the client shows of itself within TLS.
type ClientCert struct {
	Cert string `mapstructure:"cert"` // a PEM file: the certificate, and those between it and the site's authority
	Key  Secret `mapstructure:"key"`  // its private key, PEM; in a file a text is the path of one
}

// Request is one member of the mix: by its weight, or with a rate of its own. Its path, query, headers and body may
// hold placeholders: see Pieces.
type Request struct {
	Name      string   `mapstructure:"name"`
	Method    string   `mapstructure:"method"`
	Path      string   `mapstructure:"path"`
	Query     []Param  `mapstructure:"query"` // behind the query that Path has, escaped
	Weight    int      `mapstructure:"weight"`
	Rate      *Hz      `mapstructure:"rate"` // of its own, beside the phase's, in every phase; nil for one that has a weight
	Headers   []Header `mapstructure:"headers"`
	Body      Body     `mapstructure:"body"` // at most one of Body, BodyFile, JSON, Form and Multipart is given
	BodyFile  string   `mapstructure:"body_file"`
	JSON      JSON     `mapstructure:"json"`
	Form      Pairs    `mapstructure:"form"`
	Multipart []Part   `mapstructure:"multipart"`
	Expect    Expect   `mapstructure:"expect"`
	Degraded  Match    `mapstructure:"degraded"` // an answer of an expected status that matches this is good as well, and served less

	// Logged says that it stands in no file: it is a group of a log's requests,
	// and Path the pattern of theirs. See Arrivals.
	Logged bool `mapstructure:"-"`
}

// Header is one request header. Host is set by Target.Host, not here.
type Header struct {
	Name  string `mapstructure:"name"`
	Value Secret `mapstructure:"value"`
}

// Param is one value that is put behind a request's path.
type Param struct {
	Name  string `mapstructure:"name"`
	Value Secret `mapstructure:"value"`
}

// Expect says which answers are good: the status is in Status and the body, if
// asked for, matches this or Request.Degraded.
type Expect struct {
	Status []string `mapstructure:"status"` // "200" or "2xx"; if empty, 2xx and 3xx
	Match  `mapstructure:",squash"`
}

// Match is a condition on a body. The zero Match asks for nothing.
type Match struct {
	Body        string `mapstructure:"body"`         // a substring
	BodyMatches string `mapstructure:"body_matches"` // a regular expression (RE2)
}

// Dependency is something the site calls, reached through a proxy of ours.
type Dependency struct {
	Name     string `mapstructure:"name"`
	Listen   string `mapstructure:"listen"`   // host:port that the site calls
	Upstream string `mapstructure:"upstream"` // host:port where the calls go
	Host     string `mapstructure:"host"`     // host:port as the site names it, when reached through the egress proxy
}

// Chaos says where the faults are played.
type Chaos struct {
	Toxiproxy string `mapstructure:"toxiproxy"` // Embedded, or the URL of a server
	// Token is what that server wants of its clients (Authorization: Bearer), and
	// what `tailback proxy` wants of them. If absent, that of AuthTokenVariable.
	Token  Secret `mapstructure:"token"`
	Egress Egress `mapstructure:"egress"`
}

// AuthTokenVariable is the environment variable with the token of a Toxiproxy
// server, as Toxiproxy itself calls it.
const AuthTokenVariable = "TOXIPROXY_AUTH_TOKEN"

// Embedded is the Chaos.Toxiproxy that runs Toxiproxy in this process.
const Embedded = "embedded"

// Limits are ceilings on the load. Hits over them are dropped and counted.
type Limits struct {
	Rate     float64 `mapstructure:"rate"`      // sent per second; 0 is no ceiling
	InFlight int     `mapstructure:"in_flight"` // requests waiting for an answer
}

// Phase is a stretch of the run with one kind of load: exactly one of Rate,
// Concurrency and Burst is set.
type Phase struct {
	Name        string        `mapstructure:"name"`
	Duration    time.Duration `mapstructure:"duration"`
	Rate        *Rate         `mapstructure:"rate"`
	Concurrency int           `mapstructure:"concurrency"` // closed: N clients that each wait for their answer
	Burst       int           `mapstructure:"burst"`       // N at the phase's start
	Warmup      bool          `mapstructure:"warmup"`      // sent and recorded, left out of every figure
	Faults      []Fault       `mapstructure:"faults"`
}

// Open reports whether the phase's arrivals follow a rate, and so do not wait for answers.
func (p Phase) Open() bool { return p.Rate != nil }

// Rate is an arrival rate over a phase, per second. Constant: From = To and
// Step = 0. Ramp: linear from From to To over the phase. Steps: From, then
// Step more each Every, until To, which holds to the phase's end.
type Rate struct {
	From  float64       `mapstructure:"from"`
	To    float64       `mapstructure:"to"`
	Step  float64       `mapstructure:"step"` // always positive; the sign comes from From and To
	Every time.Duration `mapstructure:"every"`

	// Logged is the load of a phase that replays a log, which has no rate in the
	// file; nil in others. From and To are then the lowest and the highest number
	// of requests in a second.
	Logged *Logged `mapstructure:"-"`
}

// Max returns the highest rate asked, per second.
func (r Rate) Max() float64 { return max(r.From, r.To) }

// Fault is one disturbance of one dependency. Exactly one kind is set.
type Fault struct {
	Dependency string        `mapstructure:"dependency"`
	After      time.Duration `mapstructure:"after"` // from the phase's start
	For        time.Duration `mapstructure:"for"`   // if zero in the file, filled in: until the phase's end
	Share      float64       `mapstructure:"share"` // of connections, 0..1; 1 if absent

	Latency   *Latency   `mapstructure:"latency"`
	Hang      *Hang      `mapstructure:"hang"`
	Reset     *Reset     `mapstructure:"reset"`
	Close     *Close     `mapstructure:"close"`
	Down      *Down      `mapstructure:"down"`
	NoAccept  *NoAccept  `mapstructure:"no_accept"`
	Bandwidth *Bandwidth `mapstructure:"bandwidth"`
	SlowClose *SlowClose `mapstructure:"slow_close"`
	Slice     *Slice     `mapstructure:"slice"`
	Limit     *Limit     `mapstructure:"limit"`
	HTTPError *HTTPError `mapstructure:"http_error"`
	DNS       *DNS       `mapstructure:"dns"`
	SlowDial  *SlowDial  `mapstructure:"slow_dial"`
}

// Latency delays bytes by Delay, give or take Jitter (uniform).
type Latency struct {
	Delay     Dose          `mapstructure:"delay"`
	Jitter    time.Duration `mapstructure:"jitter"`    // at most Delay
	Direction string        `mapstructure:"direction"` // Downstream if empty
}

// The directions of a fault, in Toxiproxy's words.
const (
	Downstream = "downstream" // from the dependency to the site: the answers
	Upstream   = "upstream"   // from the site to the dependency: the requests
)

// Dose is a delay, constant (From = To, Step = 0) or stepped: From, then Step
// more each Every, until To, which holds until the fault is lifted.
type Dose struct {
	From  time.Duration `mapstructure:"from"`
	To    time.Duration `mapstructure:"to"`
	Step  time.Duration `mapstructure:"step"`
	Every time.Duration `mapstructure:"every"`
}

// Hang accepts connections, never answers and never closes.
type Hang struct{}

// Reset ends a connection with a TCP RST, After the later of its opening and the fault's start.
type Reset struct {
	After time.Duration `mapstructure:"after"`
}

// Close ends a connection with a TCP FIN, After the later of its opening and the fault's start.
type Close struct {
	After time.Duration `mapstructure:"after"`
}

// Down refuses connections and ends those that are open, as when the process has died.
type Down struct{}

// NoAccept never completes a connect; open connections go on.
type NoAccept struct{}

// Bandwidth lets the answers through at Rate bytes per second on each connection.
type Bandwidth struct {
	Rate Size `mapstructure:"rate"` // whole kilobytes a second, at least 1KB/s
}

// SlowClose delays the end of a connection.
type SlowClose struct {
	Delay time.Duration `mapstructure:"delay"`
}

// Slice cuts the answers into pieces of about Size bytes, Delay apart.
type Slice struct {
	Size  Size          `mapstructure:"size"`
	Delay time.Duration `mapstructure:"delay"`
}

// Limit closes a connection after that many bytes of answer.
type Limit struct {
	Bytes Size `mapstructure:"bytes"`
}

// HTTPError answers the requests of a dependency that is spoken to in plain
// HTTP; they never reach it.
type HTTPError struct {
	Status  int      `mapstructure:"status"` // 400 to 599; 500 if absent
	Body    string   `mapstructure:"body"`
	Headers []Header `mapstructure:"headers"` // such as Retry-After
}

// Size is a number of bytes. In a file "100", "100KB" (1000), "1MB", in capitals or not; "KB/s" for a Bandwidth.
type Size int64

// Site says where evidence from the site itself can be read.
type Site struct {
	NginxErrorLog    Source `mapstructure:"nginx_error_log"`
	NginxAccessLog   Source `mapstructure:"nginx_access_log"`
	PHPAccessLog     Access `mapstructure:"php_access_log"`
	PHPSlowLog       Source `mapstructure:"php_slow_log"`
	PHPErrorLog      Source `mapstructure:"php_error_log"` // php-fpm's own error_log; PHP's may be the same
	GunicornErrorLog Source `mapstructure:"gunicorn_error_log"`
	ApacheErrorLog   Source `mapstructure:"apache_error_log"`
	PHPFPMStatus     Status `mapstructure:"php_fpm_status"`
}

// Source is a log: a file, or a command whose output is followed.
type Source struct {
	File    string `mapstructure:"file"`
	Command string `mapstructure:"command"`
}

// Access is php-fpm's access log.
type Access struct {
	Source `mapstructure:",squash"`
	// Format is the pool's access.format, as in php-fpm's configuration. If
	// empty, the usual forms are recognised.
	Format string `mapstructure:"format"`
}

// Status is a status page that is read again and again.
type Status struct {
	URL   string        `mapstructure:"url"` // http(s)://, or of FastCGI fcgi://HOST[:PORT][/PATH], unix:SOCKET[:/PATH]
	Every time.Duration `mapstructure:"every"`
}

// Capacity asks for the highest rate that meets an objective.
type Capacity struct {
	From      float64 `mapstructure:"from"`
	To        float64 `mapstructure:"to"`
	Objective string  `mapstructure:"objective"`
	Faults    []Fault `mapstructure:"faults"`
}

// Audit asks which timeout each dependency has.
type Audit struct {
	Rate    float64       `mapstructure:"rate"`
	Horizon time.Duration `mapstructure:"horizon"`
}

// Start returns when phase i begins, from the start of the run.
func (e *Experiment) Start(i int) time.Duration {
	var at time.Duration
	for _, p := range e.Phases[:i] {
		at += p.Duration
	}
	return at
}

// Duration returns the length of all phases together.
func (e *Experiment) Duration() time.Duration { return e.Start(len(e.Phases)) }
