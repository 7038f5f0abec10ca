package workers

import (
	"slices"
	"testing"
)

func TestVerdict(t *testing.T) {
	yes, no := true, false
	s := func(v float64) *float64 { return &v }
	waits := func(to string, seconds float64) Connection {
		return Connection{To: to, State: established, Waits: &yes, WaitsS: s(seconds), QuietS: s(seconds)}
	}
	quiet := Connection{To: "10.0.0.9:443", Service: "HTTPS", State: established, QuietS: s(3)}
	itself := waits("10.0.0.1:443", 3)
	itself.Self = "given as --self shop.example.com"
	busy := func(state string, c ...Connection) Worker { return Worker{State: state, Busy: &yes, Connections: c} }
	idle := Worker{State: "S", Busy: &no, Connections: []Connection{quiet}}
	hidden := Worker{State: "S", Hidden: "run as root"}
	in := func(pool string, master int, list ...Worker) []Worker {
		for i := range list {
			list[i].Pool, list[i].Master = pool, master
		}
		return list
	}
	for _, row := range []struct {
		name    string
		workers []Worker
		want    []string
	}{
		{"the most first, idle last", in("www", 1, idle, busy("S", waits("a:1", 2)), busy("S", waits("b:1", 130)), busy("S", waits("b:1", 0.5))),
			[]string{"2 of 4 workers wait for b:1, the longest for 2m10s; 1 waits for a:1, for 2.0 s; 1 is idle"}},
		{"a worker that computes does not wait for what is quiet", in("www", 1, busy("R", quiet), busy("S", quiet)),
			[]string{"1 of 2 workers is busy, last in touch with 10.0.0.9:443 (HTTPS); 1 is busy on the CPU"}},
		{"some are hidden", in("www", 1, hidden, busy("S", waits("a:1", 2))), []string{"1 of 2 workers waits for a:1, for 2.0 s; 1 can't be seen: run as root"}},
		{"all are hidden", in("www", 1, hidden, hidden), []string{"can't see the sockets of 2 workers: run as root"}},
		{"one calls the site itself", in("www", 1, busy("S", itself), idle),
			[]string{"1 of 2 workers calls the site itself: 10.0.0.1:443 (given as --self shop.example.com), for 3.0 s; 1 is idle",
				"each of these holds one worker and needs another (unless that address serves another pool): when all workers do that, none is left to answer"}},
		{"all call the site itself", in("www", 1, busy("S", itself), busy("S", itself)),
			[]string{"2 of 2 workers call the site itself: 10.0.0.1:443 (given as --self shop.example.com), the longest for 3.0 s",
				"every worker waits for another, and none is free: a deadlock, until something times out or the pool is restarted (unless that address serves another pool)"}},
		{"pools of one name apart, the idle one last", append(in("www", 1, idle), in("www", 2, busy("S", waits("a:1", 2)))...),
			[]string{"pool www (master 2): 1 of 1 worker waits for a:1, for 2.0 s", "pool www (master 1): 1 of 1 worker is idle"}},
	} {
		if got := verdict(row.workers); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q\nwant %q", row.name, got, row.want)
		}
	}
}

// What a worker waits for surely and since shortly comes first; of the rest what was used last.
func TestLikelier(t *testing.T) {
	yes := true
	s := func(v float64) *float64 { return &v }
	want := []Connection{
		{To: "sent last", Waits: &yes, WaitsS: s(1)}, {To: "sent before", Waits: &yes, WaitsS: s(2)}, {To: "connecting", Waits: &yes},
		{To: "used last", QuietS: s(0.5)}, {To: "used before", QuietS: s(9)}, {To: "unknown"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, likelier)
	for i := range want {
		if got[i].To != want[i].To {
			t.Errorf("place %d: got %s, want %s", i, got[i].To, want[i].To)
		}
	}
}
