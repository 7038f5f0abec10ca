package explain_test

import (
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
)

func entries(texts ...string) (list []reports.Evidence) {
	for i, text := range texts {
		list = append(list, reports.Evidence{Source: "php_slow_log", Kind: "waiting", Text: text, Count: int64(12 - i)})
	}
	return list
}

// during has entries of when a dependency was held.
func during(dependency string, list []reports.Evidence) []reports.Evidence {
	for i := range list {
		list[i].Dependency = dependency
	}
	return list
}

// Which setting, of which client, to what and where: rounded down to what the
// client takes, and nothing where the log does not show the call.
func TestAdviceNamesTheSetting(t *testing.T) {
	for name, row := range map[string]struct {
		dependency string
		held       []string // other dependencies that were
		connect    bool
		most       float64
		evidence   []reports.Evidence
		want       string
	}{
		"curl":               {"payments", nil, false, 0.35, entries("curl_exec() called at lib.php:21"), "0.35 s: set CURLOPT_TIMEOUT_MS to 350 at lib.php:21 |"},
		"connecting":         {"payments", nil, true, 0.35, entries("curl_exec() called at lib.php:21"), "0.35 s: set CURLOPT_CONNECTTIMEOUT_MS to 350 at lib.php:21 |"},
		"Guzzle":             {"payments", nil, false, 1.25, entries("curl_exec() called at guzzlehttp/guzzle (CurlHandler.php:44) from Pay.php:17"), "1.2 s: set Guzzle's option timeout to 1.2 at Pay.php:17 |"},
		"Guzzle, deep":       {"payments", nil, false, 0.35, entries("curl_exec() called at guzzlehttp/guzzle (CurlHandler.php:44)"), ": set Guzzle's option timeout to 0.35 |"},
		"Symfony":            {"payments", nil, false, 0.35, entries("curl_multi_select() called at symfony/http-client (CurlResponse.php:4) from Pay.php:17"), ": set the HTTP client's option max_duration to 0.35 at Pay.php:17 |"},
		"WordPress":          {"payments", nil, false, 2.5, entries("curl_exec() called at wp-includes (Curl.php:205) from pay.php:3"), ": set the argument timeout of wp_remote_get() to 2.5 at pay.php:3 |"},
		"WordPress, short":   {"payments", nil, false, 0.35, entries("curl_exec() called at wp-includes (Curl.php:205) from pay.php:3"), "0.35 s |"},
		"file_get_contents":  {"payments", nil, false, 0.35, entries("file_get_contents() called at lib.php:21"), ": set the option http.timeout of its stream context to 0.35 at lib.php:21 |"},
		"a socket":           {"payments", nil, false, 1.5, entries("fgets() called at lib.php:21"), ": call stream_set_timeout($stream, 1, 500000) at lib.php:21 |"},
		"opening a socket":   {"payments", nil, true, 0.35, entries("stream_socket_client() called at lib.php:21"), ": set its argument $timeout to 0.35 at lib.php:21 |"},
		"SOAP":               {"payments", nil, false, 2.6, entries("__doRequest() called at lib.php:21"), ": set default_socket_timeout (SoapClient has no other) to 2 at lib.php:21 |"},
		"mysqli":             {"mariadb", nil, false, 2.6, entries("mysqli_query() called at db.php:8"), ": set MYSQLI_OPT_READ_TIMEOUT (with PDO mysqlnd.net_read_timeout) to 2 at db.php:8 |"},
		"a method of mysqli": {"mariadb-1", nil, false, 2.6, entries("query() called at db.php:8"), ": set MYSQLI_OPT_READ_TIMEOUT (with PDO mysqlnd.net_read_timeout) to 2 at db.php:8 |"},
		"mysqli, too short":  {"mariadb", nil, false, 0.35, entries("query() called at db.php:8"), "; MYSQLI_OPT_READ_TIMEOUT (with PDO mysqlnd.net_read_timeout) at db.php:8 has whole seconds only, and 1 s is too long here;"},
		"Redis":              {"redis", nil, false, 0.35, entries("hGet() called at cache.php:8"), ": set Redis::OPT_READ_TIMEOUT to 0.35 at cache.php:8 |"},
		"Postgres":           {"postgres", nil, true, 3.2, entries("pg_connect() called at db.php:8"), ": set connect_timeout of the connection string to 3 at db.php:8 |"},
		"the most that wait, of those that can be": {"payments", nil, false, 0.35, entries("session_start() called at a.php:3", "query() called at db.php:8", "curl_exec() called at lib.php:21"), ": set CURLOPT_TIMEOUT_MS to 350 at lib.php:21 |"},
		"each its own": {"payments", []string{"mariadb"}, false, 0.35, entries("query() called at db.php:8", "curl_exec() called at lib.php:21"), ": set CURLOPT_TIMEOUT_MS to 350 at lib.php:21 |"},
		"two of a kind, each by its own": {"payments", []string{"search"}, false, 0.35, append(during("search", entries("curl_exec() called at find.php:3")), during("payments", entries("curl_exec() called at lib.php:21"))...),
			": set CURLOPT_TIMEOUT_MS to 350 at lib.php:21 | none was seen within 10 s; workers waited, by the slow log: 12 in curl_exec at lib.php:21"},
		// What the log does not show is not said.
		"waits for another":       {"payments", []string{"mariadb"}, false, 0.35, during("mariadb", entries("curl_exec() called at lib.php:21")), "none was seen within 10 s"},
		"two of a kind":           {"payments", []string{"search"}, false, 0.35, entries("curl_exec() called at lib.php:21"), "0.35 s |"},
		"the database waits":      {"payments", nil, false, 0.35, entries("mysqli_query() called at db.php:8"), "0.35 s |"},
		"another waits":           {"mariadb", nil, false, 2.6, entries("curl_exec() called at lib.php:21"), "2.6 s |"},
		"a method of who knows":   {"db", nil, false, 2.6, entries("query() called at db.php:8"), "2.6 s |"},
		"a db that mysqli asks":   {"db", nil, false, 2.6, entries("mysqli_query() called at db.php:8"), ": set MYSQLI_OPT_READ_TIMEOUT (with PDO mysqlnd.net_read_timeout) to 2 at db.php:8 |"},
		"a name that contains db": {"feedback", nil, false, 0.35, entries("curl_exec() called at lib.php:21"), ": set CURLOPT_TIMEOUT_MS to 350 at lib.php:21 |"},
		"no call":                 {"payments", nil, false, 0.35, entries("usleep() called at lib.php:21"), "0.35 s |"},
		"no time to connect":      {"payments", nil, true, 0.35, entries("fread() called at lib.php:21"), "0.35 s |"},
	} {
		got := advised(t, madeup.Hang(), nil, func(r *reports.Report) {
			physics(r)
			r.Evidence = row.evidence
			r.Timeouts[0].Dependency, r.Timeouts[0].Connect = row.dependency, row.connect
			r.Budget[0].Dependency, r.Budget[0].MaxTimeoutS, r.Budget[0].WithHeadroomS, r.Budget[0].Choices = row.dependency, &row.most, nil, nil
			for _, other := range row.held {
				r.Timeouts = append(r.Timeouts, reports.Timeout{Dependency: other, Verdict: "app"})
			}
		})
		if len(got) == 0 || !strings.Contains(got[0], row.want) {
			t.Errorf("%s: got %q, want it to contain %q", name, got, row.want)
		}
	}
}

// Without a figure it names the setting alone.
func TestAdviceNamesTheSettingWithoutAFigure(t *testing.T) {
	got := advised(t, madeup.Hang(), nil, func(r *reports.Report) {
		r.Timeouts = []reports.Timeout{{Dependency: "payments", Verdict: "none", HorizonS: 10}}
		r.Evidence = entries("curl_exec() called at lib.php:21")
		cause(r, reports.QueueFull, 0.9)
	})
	if want := "Give calls to payments a timeout: set CURLOPT_TIMEOUT_MS at lib.php:21 | none was seen within 10 s; workers waited, by the slow log: 12 in curl_exec at lib.php:21"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The slow log's functions over all its entries; and a lock of the session, which
// only a call of the same visitor can hold.
func TestWhereWorkersWaited(t *testing.T) {
	some := []reports.Evidence{
		{Kind: "waiting", Text: "session_start() called at a.php:3", Count: 12}, {Kind: "waiting", Text: "curl_exec() called at lib.php:21", Count: 9},
		{Kind: "waiting", Text: "curl_exec() called at lib.php:30", Count: 2}, {Kind: "waiting", Text: "f() called at b.php:1", Count: 2}, {Kind: "waiting", Text: "g() called at b.php:2", Count: 1}, {Kind: "waiting", Count: 4},
	}
	got := advised(t, madeup.Hang(), nil, with(func(r *reports.Report) { r.Budget[0].Choices, r.Evidence = nil, some }))
	if want := "; workers waited, by the slow log: 12 in session_start at a.php:3, 11 in curl_exec at 2 places, 2 in f at b.php:1, 5 elsewhere"; !strings.HasSuffix(got[0], want) {
		t.Errorf("got %q, want it to end %q", got[0], want)
	}
	if want := "Close the session before a page calls others: session_write_close(), or session_start(['read_and_close' => true]) at a.php:3 | 12 waits of workers in session_start() are in the slow log, beside 11 in calls: requests of one session wait for each other"; len(got) != 2 || got[1] != want {
		t.Errorf("got %q, want %q", got[1:], want)
	}
	if got := advised(t, madeup.Hang(), nil, with(func(r *reports.Report) { r.Budget[0].Choices, r.Evidence = nil, some[:1] })); len(got) != 1 {
		t.Errorf("got %q: nothing shows that a call holds the session", got)
	}
}

// What kills workers, by the pool's own word.
func TestAdviceOnWhatKills(t *testing.T) {
	for text, row := range map[string]reports.Evidence{
		"before request_terminate_timeout ends":         {Source: "php_error_log", Kind: "worker_timeout", Text: "child 7, script '/a.php' (request: \"GET /a.php\") execution timed out (4.013433 sec), terminating"},
		"before gunicorn's --timeout ends":              {Source: "gunicorn_error_log", Kind: "worker_timeout", Text: "WORKER TIMEOUT (pid:9)"},
		"dmesg":                                         {Source: "php_error_log", Kind: "worker_killed", Text: "child 1124 exited on signal 9 (SIGKILL) after 14.830775 seconds from start"},
		"(SIGKILL)":                                     {Source: "gunicorn_error_log", Kind: "worker_killed", Text: "Worker (pid:9) was sent SIGKILL! Perhaps out of memory?"},
		"crashes the workers (signal 11)":               {Source: "apache_error_log", Kind: "worker_killed", Text: "AH00052: child pid 2125 exit signal Segmentation fault (11)"},
		"crashes the workers (signal SIGSEGV)":          {Source: "gunicorn_error_log", Kind: "worker_killed", Text: "Worker (pid:9) was sent SIGSEGV!"},
		"request_terminate_timeout, memory, or a crash": {Source: "nginx_error_log", Kind: "upstream_reset", Text: "recv() failed (104: Connection reset by peer)"},
	} {
		got := advised(t, madeup.Hang(), nil, func(r *reports.Report) {
			cause(r, reports.WorkerKilled, 0.9)
			r.Evidence = []reports.Evidence{row}
		})
		if len(got) == 0 || !strings.Contains(got[0], text) {
			t.Errorf("got %q, want it to contain %q", got, text)
		}
	}
}

// The reason is the pool's own word, and where the workers waited.
func TestAdviceQuotesThePool(t *testing.T) {
	got := advised(t, madeup.Hang(), nil, func(r *reports.Report) {
		cause(r, reports.WorkerKilled, 0.9)
		r.Onset[0].Evidence = []string{"the body is the gateway's own error page", "Apache: 8 × “AH01075”", "php-fpm: 8 × “child 7 [...] terminating”"}
		r.Evidence = append(entries("curl_exec() called at lib.php:21"), reports.Evidence{Source: "php_error_log", Kind: "worker_timeout"})
	})
	if want := "; php-fpm: 8 × “child 7 [...] terminating”; workers waited, by the slow log: 12 in curl_exec at lib.php:21"; len(got) == 0 || !strings.HasSuffix(got[0], want) {
		t.Errorf("got %q, want it to end %q", got, want)
	}
}
