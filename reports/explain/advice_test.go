package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tailback/tailback/internal/madeup"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/claims"
	"github.com/tailback/tailback/reports/explain"
	"github.com/tailback/tailback/reports/journal"
)

// advised returns what a run is advised when its diagnosis is what set makes of
// a report without any.
func advised(t *testing.T, s *madeup.Scenario, status []reports.Status, set func(r *reports.Report)) []string {
	t.Helper()
	r := without(t, s)
	set(r)
	r.Status, r.Claims = status, claims.List(r)
	var list []string
	for _, one := range explain.Advice(r) {
		list = append(list, one.Text+" | "+one.Because)
	}
	return list
}

// with changes a report further than physics does.
func with(set func(r *reports.Report)) func(r *reports.Report) {
	return func(r *reports.Report) {
		physics(r)
		set(r)
	}
}

func TestAdvice(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(r *reports.Report)
		want []string
	}{
		{"no timeout", physics, []string{
			"Give calls to payments a timeout of at most 0.40 s, better 0.30 s | 4 workers / 8 per second - 100 ms of own work = 0.40 s; none was seen within 10 s",
			// 8 x (0.101 + 1) = 8.8
			"Or run 9 workers, which hold 8/s with a timeout of 1 s | 8/s x (100 ms + 1.0 s) = 8.8 workers busy, and there are 4",
		}},
		{"no timeout, and a slow log", with(func(r *reports.Report) {
			r.Budget[0].Choices = nil
			r.Evidence = []reports.Evidence{{Kind: "waiting", Text: "curl_exec() called at checkout.php:12", Count: 4}}
		}), []string{
			"Give calls to payments a timeout of at most 0.40 s, better 0.30 s: set CURLOPT_TIMEOUT_MS to 300 at checkout.php:12 | 4 workers / 8 per second - 100 ms of own work = 0.40 s; none was seen within 10 s; workers waited, by the slow log: 4 in curl_exec at checkout.php:12",
		}},
		{"1 s is too long", with(func(r *reports.Report) { observed(r, 1, 9) }), []string{
			"Give calls to payments a timeout of at most 0.40 s, better 0.30 s | 4 workers / 8 per second - 100 ms of own work = 0.40 s; 1.0 s was seen",
			"Or run 9 workers, which hold 8/s with a timeout of 1 s | 8/s x (100 ms + 1.0 s) = 8.8 workers busy, and there are 4",
		}},
		{"0.35 s is short enough", with(func(r *reports.Report) {
			observed(r, 0.35, 4)
			r.Onset = nil
		}), nil},
		// 8 x (0.101 + 36) = 288.8
		{"tries that add up, beyond the gateway's patience", with(func(r *reports.Report) {
			observed(r, 12, 289)
			// of each of three tries: (4/8 - 0.1)/3 = 0.133 s
			r.Budget[0].TimeoutS, r.Budget[0].MaxTimeoutS, r.Budget[0].WithHeadroomS = new(12.0), new(0.1333), new(0.1)
			r.Timeouts[0].Retries, r.Timeouts[0].Visitor, r.Pool.GatewayTimeoutS = 2, "gateway", around(10, 0.01)
		}), []string{
			"Give calls to payments a timeout of at most 0.13 s, better 0.10 s | (4 workers / 8 per second - 100 ms of own work) / 3 calls a request = 0.13 s; 3 tries of 12 s were seen",
			"Let all tries of a call to payments share one timeout, or do not retry while a visitor waits | 3 tries of 12 s hold a worker for 36 s",
			"Or run 289 workers, which hold 8/s with a timeout of 12 s | 8/s x (100 ms + 36 s) = 289 workers busy, and there are 4",
			"Keep all calls of a page shorter together than the 10 s that the gateway waits | calls to payments held workers for 36 s: they went on for visitors who had been told 504",
		}},
		// p = 0.25: T* = (4/8 - 0.1)/0.25 = 1.6 s. The others need 8 x 0.75 x 0.1 / 0.8 = 0.75, so 1 worker of the 4.
		{"a share of requests calls it", with(func(r *reports.Report) {
			r.Budget = []reports.Budget{{Dependency: "payments", RateHz: 8, Calls: 0.25, MaxTimeoutS: new(1.6), Bound: "workers", OwnS: 0.1}}
		}), []string{
			"Give calls to payments a timeout of at most 1.6 s | (4 workers / 8 per second - 100 ms of own work) / 0.25 calls a request = 1.6 s; none was seen within 10 s",
			"Let only 3 of the 4 workers wait for payments at once (a bulkhead: a pool, or a limit, of its own) | 25% of requests call it, and while it hung it took the workers of the others too; they need 1 of 4",
		}},
		{"no timeout holds the rate", with(func(r *reports.Report) { r.Budget[0].MaxTimeoutS, r.Budget[0].WithHeadroomS = nil, nil }), []string{
			"Let only some of the workers wait for payments at once (a bulkhead: a pool, or a limit, of its own) | no timeout holds 8/s with these workers",
			"Or run 9 workers, which hold 8/s with a timeout of 1 s | 8/s x (100 ms + 1.0 s) = 8.8 workers busy, and there are 4",
		}},
		{"whether a timeout holds the rate can't be told", with(func(r *reports.Report) { r.Budget[0].Withdraw("of something") }), []string{
			"Give calls to payments a timeout | none was seen within 10 s",
		}},
		{"a timeout that would never let it answer", with(func(r *reports.Report) {
			r.Budget[0].Choices = nil
			r.Dependencies = []reports.Dependency{{Name: "payments", HeldMeanS: new(0.6)}}
		}), []string{
			"Take calls to payments out of the page (a job, a cache): no timeout that lets it answer holds 8/s | when well it takes 600 ms, and 0.40 s would be too long; none was seen within 10 s",
		}},
		{"no figures", func(r *reports.Report) {
			r.Timeouts = []reports.Timeout{{Dependency: "payments", Connect: true, Verdict: "none", HorizonS: 10}}
			cause(r, reports.QueueFull, 0.9)
		}, []string{"Give calls to payments a connect timeout | none was seen within 10 s"}},
		{"calls to itself", func(r *reports.Report) {
			cause(r, reports.SelfDeadlock, 0.9)
			r.Onset[0].Evidence = []string{"4 calls to www.example.com waited at once"}
		}, []string{"Stop calling the site from its own pages: call the code, or the database, directly | 59 × 502 from 17.6 s on; 4 calls to www.example.com waited at once"}},
		{"a pool that grew", func(r *reports.Report) {
			r.Pool = reports.Pool{Grew: true, Workers: &reports.Estimate{Value: 8, Low: 2, High: 8}}
			cause(r, reports.QueueFull, 0.9)
		}, []string{"Start the pool at its full size: pm = static, or a higher pm.start_servers | it grew from 2 to 8 workers while requests queued, unless others than this run called the dependency too"}},
		{"an unknown cause", func(r *reports.Report) {}, []string{"Give this run the site's nginx_error_log and php_access_log (under site:) | why the 502s came can't be told from outside"}},
		{"a cause that is not sure", func(r *reports.Report) { cause(r, reports.AppError, 0.6) },
			[]string{"Give this run the site's nginx_error_log and php_access_log (under site:) | the cause of the 502s is told with confidence 0.60 without"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := advised(t, madeup.Hang(), nil, test.set); !slices.Equal(got, test.want) {
				t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(test.want, "\n     "))
			}
		})
	}
}

// 20/s x 0.5 s = 10 workers busy; 10/0.8 = 12.5, so 13.
func TestAdviceOnLoad(t *testing.T) {
	asked := func(kind string, service *reports.Estimate) func(r *reports.Report) {
		return func(r *reports.Report) {
			r.Pool = reports.Pool{Workers: around(4, 0.05), ServiceS: service, CapacityHz: around(8, 0.02)}
			r.Pool.Workers.Kind = kind
			cause(r, reports.QueueFull, 0.9)
		}
	}
	for want, set := range map[string]func(r *reports.Report){
		"Run 13 workers to carry 20/s with headroom, or make pages faster | it carries 8.0/s, and was asked 20/s: 20/s x 500 ms = 10 workers busy": asked("workers", around(0.5, 0.02)),
		"Make pages faster, or run more workers if these are what it lacks | it carries 8.0/s, and was asked 20/s":                                 asked("workers", nil),
		// 4 workers would carry 4/0.2 = 20/s if they only waited.
		"Find what its workers compete for (CPU, a lock, the database), or make pages faster | it carries 8.0/s, and was asked 20/s; if its 4 workers only waited they would carry 20.0/s":                                                                            asked("workers", around(0.2, 0.02)),
		"Make pages faster; or run more workers if they mostly wait, or give the site more cores if they compute | it carries 8.0/s, and was asked 20/s: its workers do the work of 4, and whether they wait or compete for the processor can't be told from outside": asked("effective", around(0.5, 0.02)),
	} {
		if got := advised(t, overload(), nil, set); !slices.Equal(got, []string{want}) {
			t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), want)
		}
	}
}

// 4 workers of 0.48 s carry 8.33/s, 4% more than was seen: they do not compete for
// anything. How many would carry 20/s was claimed, and the run took it back.
func TestAdviceOnLoadThatStruckAClaim(t *testing.T) {
	r := without(t, overload())
	r.Pool = reports.Pool{Workers: around(4, 0.05), ServiceS: around(0.48, 0.02), CapacityHz: around(8, 0.02)}
	r.Pool.Workers.Kind = reports.CountedWorkers
	cause(r, reports.QueueFull, 0.9)
	r.Claims = nil
	want := reports.Advice{Text: "Make pages faster, or run more workers",
		Because: "it carries 8.0/s, and was asked 20/s; how many more can't be told, since by the figures of this run those that it has were enough"}
	if got := explain.Advice(r); len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestAdviceOnABlindStatusPage(t *testing.T) {
	gauges := func(at ...int64) (list []reports.Status) {
		for _, s := range at {
			list = append(list, reports.Status{AtS: float64(s)})
		}
		return list
	}
	for _, test := range []struct {
		name string
		at   []int64
		want []string
	}{
		{"blind for 9 s", []int64{1, 2, 3, 4, 13, 14, 15}, []string{"Give the status page a socket of its own: pm.status_listen | it said nothing for 9 s from 4 s on, when the workers were busy"}},
		{"read each 5 s", []int64{1, 6, 11, 16, 21}, nil},
		{"one missed", []int64{1, 2, 3, 5, 6}, nil},
		{"read twice", []int64{1, 20}, nil},
	} {
		got := advised(t, madeup.Hang(), gauges(test.at...), func(r *reports.Report) { cause(r, reports.PoolDown, 0.9) })
		if len(got) == 0 || !strings.HasPrefix(got[0], "Find out why the pool was not running") {
			t.Fatalf("%s: %q, want the pool first", test.name, got)
		}
		if !slices.Equal(got[1:], test.want) {
			t.Errorf("%s: %q, want %q", test.name, got[1:], test.want)
		}
	}
}

func TestNotKnown(t *testing.T) {
	for _, test := range []struct {
		name string
		run  *madeup.Scenario
		set  func(r *reports.Report)
		want []string // what: why
	}{
		{"a healthy run", madeup.NewScenario(madeup.Phase("load", 20*madeup.Second)).Drive(nil), func(*reports.Report) {}, []string{
			"how many workers there are, how many queue slots there are: the workers were not seen to be all busy",
			"how long a request holds a worker: too few good answers while all was well",
			"how much the site carries: it was not asked for more than it could serve",
			"how long the gateway waits: no 504 came, and the longest answer took 100 ms",
			"which timeout calls to payments have: no fault kept them from an answer",
		}},
		{"nothing sent", madeup.NewScenario(journal.PhaseSpan{Name: "load", Kind: "open"}), func(*reports.Report) {}, nil},
		{"a full diagnosis", madeup.Hang(), with(func(r *reports.Report) { r.Pool.GatewayTimeoutS = around(10, 0.01) }), []string{
			"whether calls to payments have a timeout longer than 10 s: no call was watched for longer",
		}},
		{"what looks the same", madeup.Hang(), with(func(r *reports.Report) {
			r.Pool.GatewayTimeoutS, r.Pool.Assumes = around(10, 0.01), map[string]string{"workers": "there is no pool of connections"}
			r.Onset[0].Or = []reports.Cause{reports.GatewayLimit, reports.SelfDeadlock}
		}), []string{
			"whether it was the pool's queue that was full: a gateway that limits its connections (nginx: max_conns) refuses at one number of requests as well",
			"whether workers waited for pages of their own site: something held workers that is not seen: some requests waited longer than others in the same queue, or a pool with these figures would have served what was asked",
			"whether there are more workers behind a smaller pool of connections: nothing tells of the workers but how many calls waited at once, and such a pool bounds that in the same way",
			"whether calls to payments have a timeout longer than 10 s: no call was watched for longer",
		}},
		{"a TCP pool", madeup.Hang(), with(func(r *reports.Report) {
			r.Pool.QueueSlots, r.Pool.Network, r.Pool.GatewayTimeoutS = nil, "tcp", around(10, 0.01)
			observed(r, 1, 9)
		}), []string{"how many queue slots there are: on a TCP socket a full queue makes visitors wait and refuses none"}},
		{"an unknown cause and a timeout that can't be told", madeup.Hang(), with(func(r *reports.Report) {
			r.Onset[0].Cause, r.Pool.GatewayTimeoutS = reports.Unknown, around(10, 0.01)
			r.Timeouts[0].Verdict, r.Timeouts[0].Why = "", "the answers came in time"
		}), []string{
			"why the 502s came: what was seen from outside fits more than one cause",
			"which timeout calls to payments have: the answers came in time",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := without(t, test.run)
			test.set(r)
			var got []string
			for _, n := range explain.NotKnown(r) {
				got = append(got, n.What+": "+n.Why)
				if n.Needs == "" {
					t.Errorf("nothing is said of what would tell %q", n.What)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(test.want, "\n     "))
			}
		})
	}
}
