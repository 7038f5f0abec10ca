package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/reports/journal"
)

// accessLog writes, as nginx does, the access log of a site: ten lines a second,
// by a clock that is set after 2 s. It is $LOG in an experiment. The function it
// returns ends it, and says when it wrote each line.
func accessLog(d *drill, set time.Duration) (written func() []time.Time) {
	d.Helper()
	f := d.create("access.log")
	d.vars["LOG"] = f.Name()
	var at []time.Time
	began := time.Now()
	stop := sync.OnceFunc(each(100*time.Millisecond, func() {
		now := time.Now()
		at = append(at, now)
		if now.Sub(began) > 2*time.Second {
			now = now.Add(set)
		}
		fmt.Fprintf(f, "127.0.0.1 - - [%s] \"GET /external HTTP/1.1\" 200 2 \"-\" \"tailback\"\n", now.UTC().Format("02/Jan/2006:15:04:05 -0700"))
	}))
	d.Cleanup(stop)
	return func() []time.Time { stop(); return at }
}

// A source of evidence that is lost in mid-run, or says nothing, is a warning:
// the run goes on to its end.
func TestDrillLogGone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, site string
		seconds    int
		says       string
	}{
		{"file removed", `nginx_access_log: {file: "$LOG"}`, 14, "site.nginx_access_log: the file is gone, and none has come in its place"},
		{"command ends", `nginx_access_log: {command: "head -n 20 $LOG; echo connection lost >&2; exit 255"}`, 3, "site.nginx_access_log: its command ended (exit status 255): connection lost"},
		{"command hangs", `nginx_access_log: {command: "trap '' TERM; while :; do sleep 1; done"}`, 3, "site.nginx_access_log: no request was logged during the run"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDrill(t)
			accessLog(d, 0)
			d.start(watched(row.site, row.seconds), inShell)
			d.event(journal.FaultApplied)
			if err := os.Remove(d.vars["LOG"]); err != nil {
				t.Fatal(err)
			}
			r := d.completes()
			d.faultless()
			d.lifted(false)
			d.warns(r, row.says)
		})
	}
}

// watched is an experiment of so many seconds whose site has logs.
func watched(site string, seconds int) string {
	return strings.Replace(slowed, "duration: 1h", fmt.Sprintf("duration: %ds", seconds), 1) + "site:\n  " + site + "\n"
}

// The site's clock is set in mid-run: its lines count when they came, and the report says so.
func TestDrillClockStep(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			d := newDrill(t)
			written := accessLog(d, step)
			d.start(watched(`nginx_access_log: {file: "$LOG"}`, 7), inShell)
			r := d.completes()
			t0 := d.bundle().Manifest.T0
			wrote, placed := 0, 0
			for _, at := range written() {
				if s := at.Sub(t0); s > 0 && s < 7*time.Second {
					wrote++
				}
			}
			observed, err := d.bundle().Observations()
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range observed {
				if o.Kind == journal.Access && o.AtNS < int64(7*time.Second) {
					placed += int(o.Count)
				}
			}
			if placed < wrote-15 || placed > wrote+15 { // those about the start and the end
				t.Errorf("%d lines were written in the run, and %d placed in it", wrote, placed)
			}
			d.warns(r, "have NTP keep the clocks")
		})
	}
}
