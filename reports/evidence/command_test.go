package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

func commandSite(text string) configs.Site {
	return configs.Site{NginxErrorLog: configs.Source{Command: text}}
}

// await polls until there are n lines of a kind.
func await(t *testing.T, w *watched, kind journal.Kind, n int64) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); w.count(kind) < n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: got %d, want %d within 20 s, of %+v", kind, w.count(kind), n, w.seen())
		}
	}
}

// A command that begins with old lines, as tail does, and goes on with new
// ones: the new ones count. It is ended with what it started, and that is not
// told as a failure.
func TestCommandIsFollowed(t *testing.T) {
	t.Parallel()
	l := newLogFile(t)
	for i := range 50 {
		l.write(errorLine(time.Now().Add(time.Duration(i-60)*time.Minute), "no live upstreams while connecting to upstream") + "\n")
	}
	pids := filepath.Join(t.TempDir(), "pids")
	w := watch(t, commandSite(fmt.Sprintf("echo $$ >%s; tail -n 100 -f '%s' | cat", pids, l.path)), time.Now())
	for w.count(journal.QueueFull) == 0 { // tail takes its time to begin
		l.full(1)
		time.Sleep(20 * time.Millisecond)
		if t.Context().Err() != nil {
			t.Fatal("no line came")
		}
	}
	w.stop()
	wantCount(t, w, journal.NoLiveUpstreams, 0)
	wantCount(t, w, journal.Lost, 0)
	wantCount(t, w, journal.Skew, 0)
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !errors.Is(syscall.Kill(-pid, 0), syscall.ESRCH); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) { // orphans stay until init has seen that they are dead
			t.Fatal("the command's process group is still there 10 s after the end")
		}
	}
}

// A command that dies is told once, with the last it said and no secret in it.
func TestCommandThatDies(t *testing.T) {
	t.Parallel()
	line := errorLine(time.Now(), "no live upstreams while connecting to upstream")
	w := watch(t, commandSite("echo '"+line+"'; echo first >&2; echo 'ssh: password=hush: connection refused' >&2; exit 3"), time.Now().Add(-time.Second))
	await(t, w, journal.Lost, 1)
	time.Sleep(3 * pollEvery)
	w.stop()
	if got, want := w.texts(journal.Lost), "its command ended (exit status 3): ssh: password=[hidden] connection refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	wantCount(t, w, journal.NoLiveUpstreams, 1)
}

// A command that ignores being told to end, and one whose child left the
// process group and holds on to the output, are ended all the same.
func TestCommandThatWillNotEnd(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"ignores the signal": "trap '' TERM; while :; do sleep 0.1; done",
		"leaves the group":   "setsid sh -c 'echo $$ >%s; exec sleep 30' & wait",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left := filepath.Join(t.TempDir(), "left")
			w := watch(t, commandSite(strings.ReplaceAll(text, "%s", left)), time.Now())
			if strings.Contains(text, "%s") {
				pid := awaitPid(t, left)
				t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
			}
			began := time.Now()
			w.stop()
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("the end took %v", took)
			}
		})
	}
}

func awaitPid(t *testing.T, path string) int {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(path)
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			return pid
		}
	}
	t.Fatal("the command did not start")
	return 0
}

// What a command's lines look like to the clock: their arrival since T0, and
// how long after their stamp that is. The kept ones count, at these seconds.
func TestOldLinesOfACommand(t *testing.T) {
	type row struct{ arrival, after time.Duration }
	const s = time.Second
	dump := []row{{s, 900 * s}, {s, 60 * s}, {s, 30 * s}}
	for name, test := range map[string]struct {
		lines []row
		want  []time.Duration
	}{
		"without a zone: lines an hour apart, then of now":    {[]row{{s, 7200 * s}, {s, 3600 * s}, {9 * s, 0}}, []time.Duration{9 * s}},
		"without a zone: of another, and two in all":          {[]row{{s, 3600 * s}, {s, 3600 * s}}, []time.Duration{s, s}},
		"without a zone: of another, after old ones":          {[]row{{s, 7200 * s}, {s, 7000 * s}, {3 * s, 3600 * s}}, []time.Duration{3 * s}},
		"without a zone: a long dump hits upon a wrong one":   {[]row{{s, 9000 * s}, {3 * s, 8100 * s}, {4 * s, 7000 * s}, {5 * s, 3600 * s}, {6 * s, 3600 * s}}, []time.Duration{3 * s, 5 * s, 6 * s}},
		"without a zone: a clock 40 s ahead, in another zone": {[]row{{s, 3560 * s}, {5 * s, 3560 * s}}, []time.Duration{s, 5 * s}},
		"a dump, then lines of now":                           {append(dump[:3:3], row{2 * s, 0}, row{3 * s, s}), []time.Duration{2 * s, 3 * s}},
		"a dump and nothing else":                             {dump, nil},
		"a dump that reaches into the run":                    {[]row{{9 * s, 5 * s}, {9 * s, 0}}, []time.Duration{4 * s, 9 * s}},
		"a clock that is 40 s behind: none is lost":           {[]row{{1 * s, 40 * s}, {3 * s, 40 * s}, {5 * s, 41 * s}}, []time.Duration{1 * s, 3 * s, 5 * s}},
		"a dump from a clock that is 40 s behind":             {append(dump[:2:2], row{1 * s, 40 * s}, row{3 * s, 40 * s}, row{5 * s, 41 * s}), []time.Duration{1 * s, 3 * s, 5 * s}},
		"a clock that is 40 s ahead":                          {[]row{{1 * s, -40 * s}, {5 * s, -40 * s}}, []time.Duration{1 * s, 5 * s}},
		"lines from before after lines of now":                {[]row{{s, 0}, {s, 30 * s}}, []time.Duration{s}},
		"lines that came before T0, though written by now":    {[]row{{-s, 0}, {s, 0}}, []time.Duration{s}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []time.Duration
			t0 := time.Now()
			c := &clock{t0: t0, count: func(at, _ time.Duration, e *entry) { got = append(got, at) }}
			for _, l := range test.lines {
				e := line(journal.OtherError, nil)
				e.stamp = stamp{at: t0.Round(0).Add(l.arrival - l.after), zoned: !strings.HasPrefix(name, "without a zone")}
				c.take(l.arrival, &e)
			}
			c.end()
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
