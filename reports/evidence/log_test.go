package evidence

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// watched collects what sensors hand over while they run.
type watched struct {
	mu  sync.Mutex
	all []journal.Observation
	// stop ends the sensors and waits for them.
	stop func()
}

func watch(t *testing.T, site configs.Site, t0 time.Time) *watched {
	t.Helper()
	s, err := Open(site, configs.Target{})
	if err != nil {
		t.Fatal(err)
	}
	return watchAll(t, s, t0)
}

func watchAll(t *testing.T, s *Sensors, t0 time.Time) *watched {
	ctx, cancel := context.WithCancel(t.Context())
	w, done := &watched{}, make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, t0, func(o journal.Observation) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.all = append(w.all, o)
		})
	}()
	w.stop = func() { cancel(); <-done }
	t.Cleanup(w.stop)
	return w
}

func (w *watched) seen() []journal.Observation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]journal.Observation(nil), w.all...)
}

// count is how many lines were of that kind.
func (w *watched) count(kind journal.Kind) (n int64) {
	for _, o := range w.seen() {
		if o.Kind == kind {
			n += o.Count
		}
	}
	return n
}

// texts are those of the observations of a kind.
func (w *watched) texts(kind journal.Kind) string {
	var all []string
	for _, o := range w.seen() {
		if o.Kind == kind {
			all = append(all, o.Text)
		}
	}
	return strings.Join(all, "\n")
}

// logFile is an error log that a test writes as nginx does.
type logFile struct {
	t    *testing.T
	path string
	f    *os.File
}

func newLogFile(t *testing.T) *logFile {
	l := &logFile{t: t, path: filepath.Join(t.TempDir(), "error.log")}
	l.reopen()
	return l
}

// reopen is what nginx does when it is told that its log was rotated.
func (l *logFile) reopen() {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { f.Close() })
	l.f = f
}

func (l *logFile) site() configs.Site {
	return configs.Site{NginxErrorLog: configs.Source{File: l.path}}
}

// full writes n lines that say, now, that the queue is full.
func (l *logFile) full(n int) {
	for range n {
		l.write(errorLine(time.Now(), "connect() to unix:/a failed (11: Resource temporarily unavailable) while connecting to upstream") + "\n")
	}
}

func (l *logFile) write(text string) {
	if _, err := l.f.WriteString(text); err != nil {
		l.t.Fatal(err)
	}
}

func errorLine(at time.Time, message string) string {
	return at.UTC().Format("2006/01/02 15:04:05") + " [error] 7#7: *1 " + message + `, client: 127.0.0.1, server: , request: "GET / HTTP/1.1"`
}

// bubble runs a test in fake time: the files are real.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

func wantCount(t *testing.T, w *watched, kind journal.Kind, want int64) {
	t.Helper()
	if got := w.count(kind); got != want {
		t.Errorf("%s: got %d, want %d, of %+v", kind, got, want, w.seen())
	}
}

// Only what is written from T0 on counts: not what the file holds, not what
// comes before T0, not the rest of a line that was begun before.
func TestLinesBeforeTheRunDoNotCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		l.full(5)
		w := watch(t, l.site(), time.Now().Add(time.Second))
		time.Sleep(500 * time.Millisecond)
		l.full(3)
		line := errorLine(time.Now(), "no live upstreams while connecting to upstream") + "\n"
		l.write(line[:30])
		time.Sleep(time.Second)
		l.write(line[30:])
		l.full(2)
		time.Sleep(time.Second)
		w.stop()
		wantCount(t, w, journal.QueueFull, 2)
		wantCount(t, w, journal.NoLiveUpstreams, 0)
		wantCount(t, w, journal.Unparsed, 0)
	})
}

// Lines are summed up by second, from the moment that they came, give or take a poll.
func TestLinesAreSummedUpBySecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		t0 := time.Now()
		w := watch(t, l.site(), t0)
		for _, at := range []time.Duration{200, 700, 1500} {
			time.Sleep(time.Until(t0.Add(at*time.Millisecond + time.Millisecond))) // not at the moment of a poll
			l.full(10)
		}
		time.Sleep(time.Second)
		w.stop()
		got := w.seen()
		if len(got) != 2 || got[0].Count != 20 || got[1].Count != 10 {
			t.Fatalf("got %+v, want 20 in the first second and 10 in the next", got)
		}
		for i, from := range []time.Duration{201 * time.Millisecond, 1501 * time.Millisecond} {
			if at := time.Duration(got[i].AtNS); at < from || at > from+pollEvery || got[i].ErrorNS != int64(pollEvery) {
				t.Errorf("at %v, error %v; want within %v after %v, and to say so", at, time.Duration(got[i].ErrorNS), pollEvery, from)
			}
		}
	})
}

// Rotated by renaming, under load: the writer goes on in the old file until it
// is told, and for a while there is none at the path. No line is lost, none
// counted twice.
func TestRotation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		w := watch(t, l.site(), time.Now())
		time.Sleep(time.Second)
		for i := 1; i <= 10; i++ {
			l.full(40)
			if err := os.Rename(l.path, fmt.Sprintf("%s.%d", l.path, i)); err != nil {
				t.Fatal(err)
			}
			l.full(30) // still into the old one
			time.Sleep(time.Duration(i) * 17 * time.Millisecond)
			l.full(20)
			old := l.f
			l.reopen()
			l.full(7)
			fresh := l.f
			l.f = old // another of nginx's workers was slower
			time.Sleep(time.Duration(i) * 300 * time.Millisecond)
			l.full(3)
			l.f = fresh
		}
		time.Sleep(time.Second)
		w.stop()
		wantCount(t, w, journal.QueueFull, 1000)
		wantCount(t, w, journal.Lost, 0)
	})
}

// Truncated in place (copytruncate): what comes after counts once, though the
// file has grown beyond its old size by the time it is looked at; that lines
// may have been missed is said.
func TestTruncation(t *testing.T) {
	for name, grows := range map[string]int{"smaller than before": 5, "larger than before": 50} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := newLogFile(t)
				w := watch(t, l.site(), time.Now())
				time.Sleep(time.Second)
				l.full(20)
				time.Sleep(2 * time.Second)
				if err := os.Truncate(l.path, 0); err != nil {
					t.Fatal(err)
				}
				l.full(grows)
				time.Sleep(time.Second)
				l.full(1)
				w.stop()
				wantCount(t, w, journal.QueueFull, int64(20+grows+1))
				wantCount(t, w, journal.Unparsed, 0)
				if got := w.texts(journal.Lost); !strings.HasPrefix(got, "the file was truncated") {
					t.Errorf("lost: got %q, want that it was truncated", got)
				}
			})
		})
	}
}

// A file that is removed and does not come back is said once; when it does
// come back it is read from its start.
func TestFileGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		w := watch(t, l.site(), time.Now())
		time.Sleep(time.Second)
		if err := os.Remove(l.path); err != nil {
			t.Fatal(err)
		}
		l.full(2) // into the file without a name
		time.Sleep(20 * time.Second)
		if got := w.texts(journal.Lost); got != "the file is gone, and none has come in its place" {
			t.Errorf("lost: got %q", got)
		}
		l.reopen()
		l.full(3)
		time.Sleep(time.Second)
		w.stop()
		wantCount(t, w, journal.QueueFull, 5)
		wantCount(t, w, journal.Lost, 1)
	})
}

// Lines in pieces, without end, far too long, and bytes that are no text.
func TestOddLines(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		w := watch(t, l.site(), time.Now())
		time.Sleep(time.Second)
		line := errorLine(time.Now(), "no live upstreams while connecting to upstream")
		for i := range line {
			l.write(line[i : i+1])
			if i%40 == 0 {
				time.Sleep(pollEvery)
			}
		}
		l.write("\r\n" + line + strings.Repeat("x", 3*maxLine) + "\n") // cut, and known by its beginning
		l.write("\x00\xff\x1b[2J\n\n" + strings.Repeat("\x00", 2*maxLine) + "\n")
		l.full(1)
		l.write("no end")
		time.Sleep(time.Second)
		w.stop()
		wantCount(t, w, journal.NoLiveUpstreams, 2)
		wantCount(t, w, journal.Unparsed, 3)
		wantCount(t, w, journal.QueueFull, 1)
	})
}

// An hour behind: the lines count when they come, and the skew is said. So with
// a clock that is ahead; but an error log an hour off is in another zone.
func TestClockSkew(t *testing.T) {
	for _, row := range []struct {
		off  time.Duration
		want string
	}{
		{0, ""},
		{-time.Second, ""},
		{-2 * time.Hour, ""},
		{-30 * time.Second, "the clock of its machine is 30 s behind"},
		{30*time.Second - 5*time.Hour, "the clock of its machine is 30 s ahead of"},
	} {
		t.Run(row.off.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := newLogFile(t)
				w := watch(t, l.site(), time.Now())
				for range 5 {
					time.Sleep(time.Second)
					l.write(errorLine(time.Now().Add(row.off), "no live upstreams while connecting to upstream") + "\n")
				}
				time.Sleep(time.Second)
				w.stop()
				wantCount(t, w, journal.NoLiveUpstreams, 5)
				if got := w.texts(journal.Skew); !strings.HasPrefix(got, row.want) || row.want == "" && got != "" {
					t.Errorf("skew: got %q, want %q", got, row.want)
				}
			})
		})
	}
}

// A clock that is set in mid-run: the lines count when they come, and it is said.
func TestClockStep(t *testing.T) {
	access := func(at time.Time) string {
		return `127.0.0.1 - - [` + at.UTC().Format("02/Jan/2006:15:04:05 -0700") + `] "GET / HTTP/1.1" 200 612 "-" "curl"`
	}
	failure := func(at time.Time) string {
		return errorLine(at, "no live upstreams while connecting to upstream")
	}
	for _, row := range []struct {
		by   time.Duration
		want string // with the seconds, of which one is lost in stamps that are cut to it
	}{
		{-time.Hour, `jumped back by about 360[01] s`},
		{time.Hour, `jumped forward by about (3599|3600) s`},
		{-40 * time.Second, `jumped back by about 4[01] s`},
		{40 * time.Second, `jumped forward by about (39|40) s`},
		{time.Second, ""},
	} {
		t.Run(row.by.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l, a := newLogFile(t), newLogFile(t)
				site := l.site()
				site.NginxAccessLog.File = a.path
				w := watch(t, site, time.Now())
				step := time.Duration(0)
				for s := range 10 { // a line half a second into each of ten seconds
					time.Sleep(500 * time.Millisecond)
					if s == 5 {
						step = row.by
					}
					l.write(failure(time.Now().Add(step)) + "\n")
					a.write(access(time.Now().Add(step)) + "\n")
					time.Sleep(500 * time.Millisecond)
				}
				w.stop()
				for _, kind := range []journal.Kind{journal.NoLiveUpstreams, journal.Access} {
					wantCount(t, w, kind, 10)
					seconds := map[int64]int64{}
					for _, o := range w.seen() {
						if o.Kind == kind {
							seconds[o.AtNS/1e9] += o.Count
						}
					}
					if len(seconds) != 10 {
						t.Errorf("%s: lines in the seconds %v, want one in each of ten", kind, seconds)
					}
				}
				got := w.texts(journal.Skew)
				if n := len(regexp.MustCompile(row.want).FindAllString(got, -1)); row.want != "" && n != 2 || row.want == "" && got != "" {
					t.Errorf("skew: got %q, want %q of both logs", got, row.want)
				}
			})
		})
	}
}

// A log that is written late, as with buffer= and flush=, is placed by its own stamps.
func TestLateLines(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		t0 := time.Now()
		w := watch(t, l.site(), t0)
		time.Sleep(time.Second)
		l.full(1)
		var late string
		for range 8 {
			time.Sleep(time.Second)
			late += errorLine(time.Now(), "no live upstreams while connecting to upstream") + "\n"
		}
		l.write(late)
		time.Sleep(time.Second)
		w.stop()
		seconds := map[int64]int64{}
		for _, o := range w.seen() {
			if o.Kind == journal.NoLiveUpstreams {
				seconds[o.AtNS/1e9] += o.Count
			}
		}
		// At 2 to 9 s; the last ones came within what is taken for at once, and count at 9 s.
		for s := int64(2); s <= 6; s++ {
			if seconds[s] != 1 {
				t.Errorf("second %d: got %d, want 1, of %v", s, seconds[s], seconds)
			}
		}
		wantCount(t, w, journal.NoLiveUpstreams, 8)
	})
}

// A sensor that panics is a source that is lost; the others go on.
func TestSensorThatPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		s, err := Open(l.site(), configs.Target{})
		if err != nil {
			t.Fatal(err)
		}
		s.all = append(s.all, sensor{journal.PHPSlowLog, func(context.Context, time.Time, func(journal.Observation)) { panic("boom") }})
		w := watchAll(t, s, time.Now())
		time.Sleep(time.Second)
		l.full(1)
		time.Sleep(time.Second)
		w.stop()
		wantCount(t, w, journal.QueueFull, 1)
		if got := w.texts(journal.Lost); !strings.HasPrefix(got, "panic: boom") {
			t.Errorf("lost: got %q", got)
		}
	})
}

// A log of requests that stays empty is not of this site, or not written at
// once; an empty error log is good news.
func TestSilence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := newLogFile(t)
		site := l.site()
		site.NginxAccessLog = configs.Source{File: l.path}
		w := watch(t, site, time.Now())
		time.Sleep(5 * time.Second)
		w.stop()
		all := w.seen()
		if len(all) != 1 || all[0].Kind != journal.Lost || all[0].Source != journal.NginxAccessLog {
			t.Errorf("got %+v, want one loss, of the access log", all)
		}
	})
}

func TestOpenSaysWhatIsNotReadable(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(configs.Site{
		NginxErrorLog:  configs.Source{File: filepath.Join(dir, "absent.log")},
		NginxAccessLog: configs.Source{File: dir},
		PHPAccessLog:   configs.Access{Source: configs.Source{File: os.DevNull}, Format: "%s"},
	}, configs.Target{})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		"read site.nginx_error_log: open " + dir + "/absent.log: no such file or directory; start the site first, or correct the path",
		"read site.nginx_access_log: " + dir + " is no regular file, so it can't be followed; give a command",
		"read site.php_access_log: /dev/null is no regular file",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got\n%v\nwant it to contain\n%s", err, want)
		}
	}
}

// A log that says something else in every line takes little memory.
func TestKindsAreBounded(t *testing.T) {
	var got []journal.Observation
	s := newSummary(journal.PHPSlowLog, func(o journal.Observation) { got = append(got, o) })
	for i := range 10_000 {
		s.add(0, 0, &entry{kind: journal.Waiting, text: fmt.Append(nil, i), apart: true})
	}
	s.flush(1)
	var n int64
	for _, o := range got {
		n += o.Count
	}
	if len(got) != maxKinds+1 || n != 10_000 || got[maxKinds].Kind != journal.Unparsed {
		t.Errorf("got %d observations of %d lines, want %d of 10000, the last of what is beyond", len(got), n, maxKinds+1)
	}
}

// A line that stays without its end was cut off by a full disk; one that is being
// written was not, and neither was one that is ended in time.
func TestTornLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "error.log")
		add := func(text string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err == nil {
				_, err = f.WriteString(text)
				f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		add("")
		f := followFile(path)
		defer f.close()
		says := func(after time.Duration, want string) {
			t.Helper()
			time.Sleep(after)
			if got := f.poll(func([]byte) {}); got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
		}
		add("a whole line\nanother that is being wri")
		says(0, "")
		says(2*time.Second, "")
		add("tten\na torn li")
		says(2*time.Second, "")
		says(4*time.Second, "its last line is cut off: the disk that it is on may be full, and lines are missing")
		says(4*time.Second, "") // once
	})
}
