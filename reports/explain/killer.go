package explain

import (
	"regexp"
	"strings"

	"github.com/tailback/tailback/reports"
)

// bySignal finds the signal that ended a worker in the words of php-fpm, gunicorn and Apache.
var bySignal = regexp.MustCompile(`(?:on signal |due to signal |\()(\d{1,2})\b|sent (SIG[A-Z]+)`)

// poolSaid is what the pool's own log says of an onset's killed workers; "" when it says nothing.
func poolSaid(o *reports.Onset) string {
	if o.Cause != reports.WorkerKilled {
		return ""
	}
	for _, server := range []string{"php-fpm: ", "gunicorn: ", "Apache: "} {
		for _, text := range o.Evidence {
			if strings.HasPrefix(text, server) {
				return text
			}
		}
	}
	return ""
}

// onKiller is what to do about workers that are killed: by what kills them, where
// the pool's own log says it.
func onKiller(r *reports.Report) string {
	for _, e := range r.Evidence {
		switch {
		case e.Kind == "worker_timeout" && e.Source == "php_error_log":
			return "Let calls give up before request_terminate_timeout ends their worker, or raise that"
		case e.Kind == "worker_timeout":
			return "Let calls give up before gunicorn's --timeout ends their worker, or raise that"
		case e.Kind != "worker_killed":
			continue
		}
		signal := bySignal.FindStringSubmatch(e.Text)
		if signal == nil {
			continue
		}
		switch signal[1] + signal[2] {
		case "9", "SIGKILL":
			return "Find who kills the workers (SIGKILL): the kernel when memory runs out, which its own log tells (dmesg), or a person or program"
		case "4", "6", "7", "8", "11", "SIGILL", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV":
			return "Find what crashes the workers (signal " + signal[1] + signal[2] + "): a core dump tells, or leaving out extensions one by one"
		}
	}
	return "Find what kills the workers: request_terminate_timeout, memory, or a crash"
}
