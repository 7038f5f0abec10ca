package evidence

import (
	"strings"
	"testing"
	"time"
)

// kindsOf reads lines one after another: their kinds, "" for what says nothing
// of interest, "?" for what is not known.
func kindsOf(t *testing.T, newOne func(string) (parser, error), text string) string {
	t.Helper()
	parse := newParser(t, newOne, "")
	var kinds []string
	for _, one := range strings.Split(text, "\n") {
		e, ok := parse([]byte(one))
		kind := string(e.kind)
		if !ok {
			kind = "?"
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, ",")
}

// What php-fpm 8.2 and 7.4 wrote, on its level notice and on debug, under a
// container's name and a label; and PHP into the same file. A request can't say
// what it wants to be.
func TestPHPErrorKinds(t *testing.T) {
	for text, want := range map[string]string{
		`[28-Nov-2026 22:09:48] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it`:                                                                                  "max_workers",
		`[28-Nov-2026 22:09:48.123456] WARNING: pid 7, fpm_pctl_on_socket_accept(), line 545: [pool www] server reached max_children setting (2), consider raising it`:                                "max_workers",
		`[28-Nov-2026 22:09:48] WARNING: The maximum number of processes has been reached. Please review your configuration and consider raising 'process.max'`:                                       "max_workers",
		`php-1  | [28-Nov-2026 22:09:48] WARNING: [pool www] child 1124 exited on signal 11 (SIGSEGV - core dumped) after 14.830775 seconds from start`:                                               "worker_killed",
		`[28-Nov-2026 22:10:00] WARNING: [pool www] child 1124 exited on signal 9 (SIGKILL) after 14.830775 seconds from start`:                                                                       "worker_killed",
		`[28-Nov-2026 22:10:00] NOTICE: [pool www] child 1124 exited on signal 3 (SIGQUIT) after 14.830775 seconds from start`:                                                                        "",
		`[28-Nov-2026 22:10:00] WARNING: [pool www] child 1124 exited with code 255 after 14.830775 seconds from start`:                                                                               "worker_exited",
		`[28-Nov-2026 22:10:00] NOTICE: [pool www] child 1124 exited with code 0 after 14.830775 seconds from start`:                                                                                  "",
		`[28-Nov-2026 22:09:48] WARNING: [pool www] child 1124, script '/srv/a.php' (request: "GET /a.php?ms=1500") executing too slow (1.013433 sec), logging`:                                       "",
		`[28-Nov-2026 22:09:48] WARNING: [pool www] child 1124, script '/srv/a.php' (request: "GET /a.php execution timed out (1 sec), terminating") executing too slow (1.013433 sec), logging`:      "",
		`[28-Nov-2026 22:09:48] WARNING: [pool www] child 1124 said into stderr: "NOTICE: PHP message: PHP Fatal error:  Uncaught Exception: boom in /a.php:4"`:                                       "app_error",
		`[28-Nov-2026 22:09:48] WARNING: [pool www] child 1124 said into stdout: "server reached pm.max_children setting (5), consider raising it"`:                                                   "",
		`[28-Nov-2026 22:09:48] WARNING: [pool www] seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers), spawning 8 children, there are 0 idle, and 3 total children`: "other_error",
		`[28-Nov-2026 22:09:48] ERROR: failed to open access log (/nowhere): No such file or directory (2)`:                                                                                           "other_error",
		`[28-Nov-2026 22:09:48] NOTICE: ready to handle connections`:                                                                                                                                  "",
		`[php-fpm:error] [28-Nov-2026 22:09:48] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it`:                                                                  "max_workers",
		`[28-Nov-2026 22:09:48 Europe/Berlin] PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /srv/a.php on line 3`:                             "app_error",
		`[28-Nov-2026 22:09:48 UTC] PHP Warning:  Undefined variable $a in /srv/a.php on line 3`:                                                                                                      "",
		`2026/11/24 04:22:31 [error] 1#1: *71 upstream timed out (110: Connection timed out) while connecting to upstream`:                                                                            "?",
		"": "",
		"[28-Nov-2026 22:09:48 UTC] PHP Fatal error:  Uncaught Exception: boom in /a.php:4\nStack trace:\n#0 {main}\n  thrown in /a.php on line 4\n[28-Nov-2026 22:09:49] NOTICE: exiting, bye-bye!\nrubbish": "app_error,,,,,?",
		// request_terminate_timeout: the end of a worker that was told is no other.
		`[28-Nov-2026 22:09:48] WARNING: [pool www] child 7, script '/a.php' (request: "GET /a.php?x=1") execution timed out (4.013433 sec), terminating
[28-Nov-2026 22:09:49] WARNING: [pool www] child 7, script '/a.php' (request: "GET /a.php?x=1") execution timed out (5.013433 sec), terminating
[28-Nov-2026 22:09:49] WARNING: [pool www] child 7 exited on signal 15 (SIGTERM) after 14.830775 seconds from start
[28-Nov-2026 22:09:50] WARNING: [pool www] child 7 exited on signal 9 (SIGKILL) after 0.830775 seconds from start`: "worker_timeout,,,worker_killed",
	} {
		if got := kindsOf(t, newPHPError, text); got != want {
			t.Errorf("%s\ngot %q, want %q", text, got, want)
		}
	}
}

// What gunicorn 20.1 wrote, and what 22 writes in its stead.
func TestGunicornErrorKinds(t *testing.T) {
	for text, want := range map[string]string{
		`[2026-11-28 22:10:56 +0000] [2515] [CRITICAL] WORKER TIMEOUT (pid:2530)`: "worker_timeout",
		`[2026-11-28 22:10:56 +0000] [2515] [CRITICAL] WORKER TIMEOUT (pid:2530)
[2026-11-28 22:10:56 +0000] [2530] [INFO] Worker exiting (pid: 2530)
[2026-11-28 22:10:56 +0000] [2515] [WARNING] Worker with pid 2529 was terminated due to signal 9
[2026-11-28 22:10:56 +0000] [2515] [WARNING] Worker with pid 2530 was terminated due to signal 9`: "worker_timeout,,worker_killed,",
		`[2026-11-28 22:10:56 +0000] [2515] [CRITICAL] WORKER TIMEOUT (pid:2530)
[2026-11-28 22:10:56 +0000] [2515] [ERROR] Worker (pid:2530) was sent SIGKILL! Perhaps out of memory?
[2026-11-28 22:10:56 +0000] [2515] [ERROR] Worker (pid:2531) was sent SIGKILL! Perhaps out of memory?
[2026-11-28 22:10:56 +0000] [2515] [ERROR] Worker (pid:2532) exited with code 3`: "worker_timeout,,worker_killed,worker_exited",
		`[2026-11-28 22:10:56 +0000] [2565] [ERROR] Error handling request /boom
Traceback (most recent call last):
  File "/srv/app.py", line 8, in page
Exception: [2026-11-28 is no head
[2026-11-28 22:10:57 +0000] [2565] [INFO] Booting worker with pid: 2569
rubbish`: "app_error,,,,,?",
		`[2026-11-28 22:10:56 +0000] [2565] [ERROR] Error handling request /?a=WORKER TIMEOUT (pid:2530)`: "app_error",
		`[2026-11-28 22:10:56 +0000] [2565] [ERROR] Exception in worker process`:                          "worker_exited",
		`[2026-11-28 22:10:56 +0000] [2565] [ERROR] Connection in use: ('127.0.0.1', 8000)`:               "other_error",
		`web-1  | [2026-11-28 22:10:56 +0200] [2515] [CRITICAL] WORKER TIMEOUT (pid:2530)`:                "worker_timeout",
		`127.0.0.1 - - [28/Nov/2026:22:10:56 +0000] "GET /boom HTTP/1.1" 500 0 "-" "-"`:                   "",
	} {
		if got := kindsOf(t, newGunicornError, text); got != want {
			t.Errorf("%s\ngot %q, want %q", text, got, want)
		}
	}
}

// What Apache 2.4 wrote as a gateway to php-fpm and to HTTP servers, with mod_php,
// and what 2.2 did. Of the lines of one failure one counts.
func TestApacheErrorKinds(t *testing.T) {
	for text, want := range map[string]string{
		`[Sat Nov 28 22:10:29.398847 2026] [mpm_prefork:error] [pid 1976:tid 1976] AH00161: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting`:                         "max_workers",
		`[Sat Nov 28 22:10:29.398847 2026] [mpm_event:error] [pid 1976:tid 1976] AH00484: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting`:                           "max_workers",
		`[Sat Nov 28 22:10:29.398847 2026] [mpm_event:error] [pid 1976:tid 1976] AH10159: server is within MinSpareThreads of MaxRequestWorkers, consider raising the setting`:                                "other_error",
		`[Sat Nov 28 22:10:29 2026] [error] server reached MaxClients setting, consider raising the MaxClients setting`:                                                                                       "max_workers",
		`[Sat Nov 28 22:09:58.230911 2026] [proxy_fcgi:error] [pid 1249:tid 1257] (70007)The timeout specified has expired: [client 127.0.0.1:47504] AH01075: Error dispatching request to :18099: (polling)`: "read_timeout",
		`[Sat Nov 28 22:09:58.230911 2026] [proxy_fcgi:error] [pid 1249:tid 1257] [client 127.0.0.1:47504] (70007)The timeout specified has expired: AH01075: Error dispatching request to :18099: (polling)`: "read_timeout",
		`[Sat Nov 28 22:10:00.501155 2026] [proxy_fcgi:error] [pid 1042:tid 1096] [client 127.0.0.1:33054] AH01067: Failed to read FastCGI header
[Sat Nov 28 22:10:00.501267 2026] [proxy_fcgi:error] [pid 1042:tid 1096] (104)Connection reset by peer: [client 127.0.0.1:33054] AH01075: Error dispatching request to :18099: , referer: http://x/AH00161: server reached MaxRequestWorkers`: ",upstream_reset",
		`[Sat Nov 28 22:10:00.523609 2026] [proxy_fcgi:error] [pid 1038:tid 1051] [client 127.0.0.1:33062] AH01071: Got error 'PHP message: PHP Fatal error:  Uncaught Exception: boom in /a.php:4\nStack trace:\n#0 {main}'`: "app_error",
		`[Sat Nov 28 22:09:47.565084 2026] [proxy_fcgi:error] [pid 1038:tid 1043] [client 127.0.0.1:47446] AH01071: Got error 'PHP message: PHP Warning:  Undefined array key "ms" in /a.php on line 3'`:                      "",
		`[Sat Nov 28 22:10:00.577458 2026] [proxy:error] [pid 1038:tid 1055] (111)Connection refused: AH00957: FCGI: attempt to connect to 127.0.0.1:18097 (127.0.0.1:18097) failed
[Sat Nov 28 22:10:00.577533 2026] [proxy_fcgi:error] [pid 1038:tid 1055] [client 127.0.0.1:33076] AH01079: failed to make connection to backend: 127.0.0.1`: "upstream_refused,",
		`[Sat Nov 28 22:10:00.606220 2026] [proxy:error] [pid 1039:tid 1065] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:18096 (127.0.0.1:18096) failed
[Sat Nov 28 22:10:00.606299 2026] [proxy_http:error] [pid 1039:tid 1065] [client 127.0.0.1:33092] AH01114: HTTP: failed to make connection to backend: 127.0.0.1`: "upstream_refused,",
		`[Sat Nov 28 22:10:25.103254 2026] [proxy:error] [pid 1039:tid 1068] (2)No such file or directory: AH02454: FCGI: attempt to connect to Unix domain socket /run/pool.sock (localhost:8000) failed`:         "no_socket",
		`[Sat Nov 28 22:10:25.103254 2026] [proxy:error] [pid 1039:tid 1068] (11)Resource temporarily unavailable: AH02454: FCGI: attempt to connect to Unix domain socket /run/pool.sock (localhost:8000) failed`: "queue_full",
		`[Sat Nov 28 22:10:25.103254 2026] [proxy:error] [pid 1039:tid 1068] (13)Permission denied: AH02454: FCGI: attempt to connect to Unix domain socket /run/pool.sock (localhost:8000) failed`:                "no_permission",
		`[Sat Nov 28 22:10:25.103254 2026] [proxy:error] [pid 1039] (110)Connection timed out: AH00957: HTTP: attempt to connect to 10.0.0.1:80 (10.0.0.1) failed`:                                                 "connect_timeout",
		`[Sat Nov 28 22:10:25.103254 2026] [proxy:error] [pid 1039] [client 127.0.0.1:1] AH00940: HTTP: disabled connection for (10.0.0.1)`:                                                                        "no_live_upstreams",
		`[Sat Nov 28 22:10:59.984872 2026] [proxy_http:error] [pid 2662:tid 2666] (20014)Internal error (specific information not available): [client 127.0.0.1:40046] AH01102: error reading status line from remote server 127.0.0.1:18096
[Sat Nov 28 22:10:59.984992 2026] [proxy:error] [pid 2662:tid 2666] [client 127.0.0.1:40046] AH00898: Error reading from remote server returned by /http/1`: "upstream_closed,",
		`[Sat Nov 28 22:11:00.009603 2026] [proxy_http:error] [pid 2662:tid 2668] (104)Connection reset by peer: [client 127.0.0.1:40048] AH01102: error reading status line from remote server 127.0.0.1:18096`:            "upstream_reset",
		`[Sat Nov 28 22:11:02.034982 2026] [proxy_http:error] [pid 2662:tid 2670] (70007)The timeout specified has expired: [client 127.0.0.1:40052] AH01102: error reading status line from remote server 127.0.0.1:18096`: "read_timeout",
		`[Sat Nov 28 22:10:29.398847 2026] [core:notice] [pid 1976:tid 1976] AH00052: child pid 2125 exit signal Segmentation fault (11)`:                                                                                   "worker_killed",
		`[Sat Nov 28 22:10:26.380725 2026] [mpm_prefork:notice] [pid 1976:tid 1976] AH00163: Apache/2.4.71 (Debian) configured -- resuming normal operations`:                                                               "",
		`[Sat Nov 28 22:10:33.481248 2026] [php:error] [pid 2125:tid 2125] [client 127.0.0.1:56108] PHP Fatal error:  Uncaught Exception: boom in /a.php:4\nStack trace:`:                                                   "app_error",
		`[Sat Nov 28 22:10:33.481248 2026] [proxy:trace2] [pid 2125:tid 2125] proxy_util.c(3): AH00161: x`:                                                                                                                  "",
		`[Sat Nov 28 22:10:33.481248 2026] [core:error] [pid 1] [client 127.0.0.1:5] AH00126: Invalid URI in request GET AH00161: server reached MaxRequestWorkers HTTP/1.1`:                                                "other_error",
		`127.0.0.1 - - [28/Nov/2026:22:10:56 +0000] "GET /boom HTTP/1.1" 500 0`:                                                                                                                                             "?",
	} {
		if got := kindsOf(t, newApacheError, text); got != want {
			t.Errorf("%s\ngot %q, want %q", text, got, want)
		}
	}
}

// Their times, and what is shown of a line: no visitor.
func TestPoolErrorStamps(t *testing.T) {
	at := time.Date(2026, 11, 8, 22, 10, 29, 0, time.UTC)
	for _, row := range []struct {
		newOne     func(string) (parser, error)
		text, want string
		zoned      bool
	}{
		{newPHPError, `[08-Nov-2026 22:10:29] WARNING: [pool www] child 7 exited with code 1 after 1.0 seconds from start`, "child 7 exited with code 1 after 1.0 seconds from start", false},
		{newGunicornError, `[2026-11-08 23:10:29 +0100] [2515] [CRITICAL] WORKER TIMEOUT (pid:2530)`, "WORKER TIMEOUT (pid:2530)", true},
		{newApacheError, `[Sun Nov 08 22:10:29.398847 2026] [proxy_fcgi:error] [pid 1:tid 2] (104)Connection reset by peer: [client 127.0.0.1:33054] AH01075: Error dispatching request to :80: `,
			"(104)Connection reset by peer: AH01075: Error dispatching request to :80:", false},
	} {
		e, ok := newParser(t, row.newOne, "")([]byte(row.text))
		if got := clean(e.text); !ok || got != row.want || !e.stamp.at.Equal(at) || e.stamp.zoned != row.zoned {
			t.Errorf("got %q at %v (zoned %v), want %q at %v", got, e.stamp.at, e.stamp.zoned, row.want, at)
		}
	}
}
