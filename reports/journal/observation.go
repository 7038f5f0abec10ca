package journal

// Observation is what a sensor on the site saw in one second (of a log, its
// lines by kind) or at one moment (of a status page).
type Observation struct {
	AtNS    int64  `json:"at_ns"`              // when it happened, or was read; of lines summed up, the first
	ErrorNS int64  `json:"error_ns,omitempty"` // uncertainty of AtNS
	Source  Source `json:"source"`
	Kind    Kind   `json:"kind"`
	Count   int64  `json:"count"`          // lines summed up, at least 1
	Text    string `json:"text,omitempty"` // the first of the lines, shortened, without query strings
	// Code is the status that was sent to the visitor, UpstreamCode the one that
	// the workers gave, 0 when they gave none; of access logs.
	Code         int32  `json:"code,omitempty"`
	UpstreamCode int32  `json:"upstream_code,omitempty"`
	Times        *Times `json:"times,omitempty"`
	Pool         *Pool  `json:"pool,omitempty"`
}

// Source names where an observation comes from: the key under site: in the experiment.
type Source string

// The sources.
const (
	NginxErrorLog    Source = "nginx_error_log"
	NginxAccessLog   Source = "nginx_access_log"
	PHPAccessLog     Source = "php_access_log"
	PHPSlowLog       Source = "php_slow_log"
	PHPErrorLog      Source = "php_error_log"
	GunicornErrorLog Source = "gunicorn_error_log"
	ApacheErrorLog   Source = "apache_error_log"
	PHPFPMStatus     Source = "php_fpm_status"
)

// Kind says what was seen.
type Kind string

// The kinds. Those of the nginx error log are the rows of the table "502 or 504?" of its patterns.
const (
	QueueFull         Kind = "queue_full"         // connect() ... (11: Resource temporarily unavailable)
	UpstreamReset     Kind = "upstream_reset"     // recv() failed (104: Connection reset by peer): a worker was killed
	UpstreamClosed    Kind = "upstream_closed"    // upstream prematurely closed connection
	ReadTimeout       Kind = "read_timeout"       // upstream timed out (110) while reading: longer than the gateway waits
	ConnectTimeout    Kind = "connect_timeout"    // upstream timed out (110) while connecting
	UpstreamRefused   Kind = "upstream_refused"   // connect() failed (111: Connection refused): no pool
	NoSocket          Kind = "no_socket"          // connect() failed (2: No such file or directory): no pool
	NoLiveUpstreams   Kind = "no_live_upstreams"  // no live upstreams while connecting
	WorkerConnections Kind = "worker_connections" // worker_connections are not enough
	OtherError        Kind = "other_error"        // an error-log line of another meaning

	// What a pool says of its own workers; Apache, as the gateway, has kinds of nginx's as well.
	MaxWorkers    Kind = "max_workers"    // all workers that may be there are busy: pm.max_children, MaxRequestWorkers
	WorkerTimeout Kind = "worker_timeout" // a worker was ended for a request that took too long: request_terminate_timeout, gunicorn's --timeout
	WorkerKilled  Kind = "worker_killed"  // a worker was ended by a signal: a crash, or no memory
	WorkerExited  Kind = "worker_exited"  // a worker ended by itself, with an error
	AppError      Kind = "app_error"      // an error that the application did not catch

	Access  Kind = "access"  // requests in an access log: Code, UpstreamCode, Times
	Waiting Kind = "waiting" // an entry of the slow log: Text is the function on top and where it was called
	Gauge   Kind = "gauge"   // a reading of the status page: Pool

	Unparsed Kind = "unparsed" // lines in no form that is known
	Lost     Kind = "lost"     // the source failed, fell silent or was cut: Text says how
	Skew     Kind = "skew"     // the source's clock is not ours: Text says by how much
)

// Times sums up what an access log says of its requests, seconds.
type Times struct {
	N            int64   `json:"n"` // requests that the log has a time for
	SumS         float64 `json:"sum_s"`
	SquaresS2    float64 `json:"squares_s2"` // sum of squares, for the spread
	MaxS         float64 `json:"max_s"`
	UpstreamN    int64   `json:"upstream_n,omitempty"` // requests with the time of the workers' answer
	UpstreamSumS float64 `json:"upstream_sum_s,omitempty"`
	UpstreamMaxS float64 `json:"upstream_max_s,omitempty"`
	CPUN         int64   `json:"cpu_n,omitempty"`     // requests with a share of CPU
	CPUSumS      float64 `json:"cpu_sum_s,omitempty"` // their seconds of CPU
	Idle         int64   `json:"idle,omitempty"`      // of these, those of 1 s or more that computed for less than half of it
}

// Pool is a reading of php-fpm's status page.
type Pool struct {
	Manager            string `json:"manager"` // static, dynamic or ondemand
	Total              int64  `json:"total"`   // processes
	Active             int64  `json:"active"`
	Idle               int64  `json:"idle"`
	Queue              int64  `json:"queue"`     // listen queue: always 0 on a unix socket
	QueueLen           int64  `json:"queue_len"` // size of the socket's pending queue: 0 on a unix socket
	MaxQueue           int64  `json:"max_queue"`
	MaxChildrenReached int64  `json:"max_children_reached"`
	SlowRequests       int64  `json:"slow_requests"`
}
