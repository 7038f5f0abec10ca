package accuracy

import (
	"slices"
	"time"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/reports"
)

// hanging is a fault in the whole of the trouble but its ends.
const hanging = `, faults: [{dependency: payments, hang: {}, after: 500ms, for: 5s}]`

// Situations are the rows of the table "502 or 504?", what looks like one of
// them and is not, and sites without errors.
func Situations() []Situation { return slices.Concat(rows(), decoys(), errorless()) }

// rows are those of the table, some of them on each of the stacks.
func rows() []Situation {
	const second = time.Second
	tcp := staging.Options{Network: "tcp"}
	impatient := staging.Options{GatewayTimeout: second}
	impatientTCP := staging.Options{GatewayTimeout: second, Network: "tcp"}
	killing := staging.Options{TerminateTimeout: second}
	killingTCP := staging.Options{TerminateTimeout: second, Network: "tcp"}
	return []Situation{
		{Name: "queue full", Pages: "/work?ms=400", Trouble: "20", Outside: true, Short: true,
			Labels: Labels{"502": only(reports.QueueFull), "slow": only(reports.Queueing)}},
		{Name: "queue full, poisson", Options: staging.Options{Workers: 4, Backlog: 8}, Pages: "/work?ms=200", Baseline: 8, Trouble: "40", Poisson: true, Outside: true,
			Labels: Labels{"502": only(reports.QueueFull), "slow": only(reports.Queueing)}},
		{Name: "queue full under a hang", Pages: "/external", Trouble: "8" + hanging, Outside: true, Short: true,
			Labels: Labels{"502": only(reports.QueueFull), "slow": only(reports.SlowDependency)}},
		{Name: "queue full under a hang, gunicorn", Python: true, Pages: "/external", Trouble: "8" + hanging, Outside: true,
			Labels: Labels{"502": only(reports.QueueFull), "slow": only(reports.SlowDependency)}},
		{Name: "queue full, tcp", Options: staging.Options{Network: "tcp", GatewayTimeout: 2 * second}, Pages: "/work?ms=400", Trouble: "20", Short: true,
			Labels: Labels{"504": only(reports.QueueFull), "slow": only(reports.Queueing)}},
		{Name: "worker killed", Options: killing, Pages: "/external", Trouble: "2" + hanging, Outside: true, Short: true,
			Labels: Labels{"502": only(reports.WorkerKilled)}},
		{Name: "worker killed, tcp", Options: killingTCP, Pages: "/external", Trouble: "2" + hanging, Outside: true,
			Labels: Labels{"502": only(reports.WorkerKilled)}},
		{Name: "gateway timeout", Options: impatient, Pages: "/external", Trouble: "2" + hanging, Outside: true, Short: true,
			Labels: Labels{"504": only(reports.GatewayTimeout), "502": only(reports.QueueFull)}},
		{Name: "gateway timeout, tcp", Options: impatientTCP, Pages: "/external", Trouble: "2" + hanging, Outside: true,
			Labels: Labels{"504": only(reports.GatewayTimeout, reports.QueueFull)}},
		{Name: "gateway timeout, gunicorn", Options: impatientTCP, Python: true, Pages: "/external", Trouble: "2" + hanging, Outside: true,
			Labels: Labels{"504": only(reports.GatewayTimeout, reports.QueueFull)}},
		{Name: "no socket", Pages: "/work?ms=30", Trouble: "8", Stop: true, Outside: true, Short: true,
			Labels: Labels{"502": only(reports.PoolDown)}},
		{Name: "refused, tcp", Options: tcp, Pages: "/work?ms=30", Trouble: "8", Stop: true, Outside: true,
			Labels: Labels{"502": only(reports.PoolDown)}},
		{Name: "worker closed", Pages: "/close", Trouble: "4", Short: true,
			Labels: Labels{"502": only(reports.WorkerClosed)}},
		{Name: "worker closed beside good pages, tcp", Options: tcp, Pages: "/close /work?ms=50", Trouble: "4",
			Labels: Labels{"502": only(reports.WorkerClosed)}},
		{Name: "client left", Pages: "/external", Patience: second, Trouble: "2" + hanging, Outside: true,
			Labels: Labels{"0": only(reports.ClientTimeout), "502": only(reports.QueueFull)}},
		{Name: "self-deadlock", Options: staging.Options{GatewayTimeout: 2 * second}, Pages: "/self?ms=100", Trouble: "20", Short: true,
			Labels: Labels{"504": only(reports.SelfDeadlock), "502": only(reports.SelfDeadlock, reports.QueueFull)}},
		{Name: "two at once", Pages: "/external /app?status=502&ms=20", Baseline: 4, Trouble: "8" + hanging, Short: true,
			Labels: Labels{"502 baseline": only(reports.AppError), "502 trouble": only(reports.QueueFull), "slow": only(reports.SlowDependency)}},
	}
}

// decoys are errors that look like those of a row and have another cause.
func decoys() []Situation {
	impatient := staging.Options{GatewayTimeout: time.Second}
	return []Situation{
		{Name: "the application's 502", Pages: "/work?ms=100 /app?status=502&ms=20", Trouble: "8", Short: true,
			Labels: Labels{"502": only(reports.AppError)}, Imitates: only(reports.QueueFull, reports.PoolDown, reports.WorkerClosed, reports.WorkerKilled)},
		{Name: "the application's 502, like nginx's", Pages: "/work?ms=100 /app?status=502&ms=20&like=nginx", Trouble: "8", Short: true,
			Labels: Labels{"502": only(reports.AppError)}, Imitates: only(reports.QueueFull, reports.PoolDown, reports.WorkerClosed, reports.WorkerKilled)},
		{Name: "nothing but the application's 502, like nginx's", Pages: "/app?status=502&ms=20&like=nginx", Trouble: "8",
			Labels: Labels{"502": only(reports.AppError)}, Imitates: only(reports.QueueFull, reports.PoolDown, reports.WorkerClosed, reports.WorkerKilled)},
		{Name: "the application's late 502, like nginx's", Pages: "/external?timeout_ms=700&fail=502&like=nginx", Trouble: "2" + hanging,
			Labels: Labels{"502": only(reports.AppError)}, Imitates: only(reports.WorkerKilled, reports.WorkerClosed)},
		{Name: "the application's 504", Pages: "/external?timeout_ms=700&fail=504", Trouble: "2" + hanging,
			Labels: Labels{"504": only(reports.AppError)}, Imitates: only(reports.GatewayTimeout, reports.QueueFull)},
		{Name: "the application's 504, like nginx's", Pages: "/external?timeout_ms=700&fail=504&like=nginx", Trouble: "2" + hanging, Short: true,
			Labels: Labels{"504": only(reports.AppError)}, Imitates: only(reports.GatewayTimeout, reports.QueueFull)},
		{Name: "the application's 500", Pages: "/work?ms=100 /app?status=500&ms=20", Trouble: "8",
			Labels: Labels{"500": only(reports.AppError)}, Imitates: only(reports.WorkerClosed, reports.WorkerKilled)},
		{Name: "an edge's 503 for a 502", Edge: true, Pages: "/external", Trouble: "8" + hanging, Short: true,
			Labels: Labels{"503": only(reports.CDN), "slow": only(reports.SlowDependency)}, Imitates: only(reports.AppError, reports.GatewayLimit)},
		{Name: "an edge's 503 for a 504", Edge: true, Options: impatient, Pages: "/external", Trouble: "2" + hanging,
			Labels: Labels{"503": only(reports.CDN)}, Imitates: only(reports.AppError, reports.GatewayLimit)},
		{Name: "an edge's own 503", Edge: true, Pages: "/work?ms=100 /blocked", Trouble: "8",
			Labels: Labels{"503": only(reports.CDN)}, Imitates: only(reports.AppError, reports.GatewayLimit)},
		{Name: "nginx's limit_req", Pages: "/limited", Trouble: "20", Short: true,
			Labels: Labels{"503": only(reports.GatewayRefused)}, Imitates: only(reports.AppError, reports.CDN, reports.GatewayLimit, reports.QueueFull, reports.PoolDown)},
	}
}

// errorless are sites at 60% of what they carry, and slow ones whose answers are good.
func errorless() []Situation {
	return []Situation{
		{Name: "well", Options: staging.Options{Workers: 4, Backlog: 16}, Pages: "/work?ms=100", Baseline: 10, Trouble: "24", Short: true},
		{Name: "well, poisson", Options: staging.Options{Workers: 4, Backlog: 16}, Pages: "/work?ms=100", Baseline: 10, Trouble: "24", Poisson: true, Short: true},
		{Name: "well, tcp, poisson", Options: staging.Options{Workers: 4, Backlog: 16, Network: "tcp"}, Pages: "/work?ms=50 /work?ms=150", Baseline: 10, Trouble: "24", Poisson: true},
		{Name: "queueing", Options: staging.Options{Backlog: 64}, Pages: "/work?ms=200", Trouble: "14", Lasting: 12 * time.Second,
			Labels: Labels{"slow": only(reports.Queueing)}},
		{Name: "contention", Options: staging.Options{Workers: 12, Backlog: 64}, Pages: "/contend?ms=100&grow=0.5", Trouble: "16", Lasting: 12 * time.Second,
			Labels: Labels{"slow": only(reports.Contention)}},
		{Name: "slow dependency", Options: staging.Options{Workers: 4, Backlog: 16}, Pages: "/external?ms=20", Trouble: "6, faults: [{dependency: payments, latency: {delay: 400ms}}]",
			Labels: Labels{"slow": only(reports.SlowDependency)}},
	}
}

func only(c ...reports.Cause) []reports.Cause { return c }
