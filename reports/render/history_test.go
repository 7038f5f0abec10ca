package render

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tailback/tailback/reports"
)

// thirty is a history of 30 nights: from night 20 on p99 is 137 ms after 124 ms, and
// the timeout is shorter; night 25 is not known, capacity drifted.
func thirty() *reports.History {
	h := &reports.History{Schema: 1, Kind: reports.KindHistory, MinEffect: 0.05, Significance: 0.005}
	var p99, timeout, capacity []*float64
	for i := range 30 {
		h.Nights = append(h.Nights, reports.Night{Dir: fmt.Sprintf("n%d", i), Name: "checkout", Started: time.Date(2026, 11, 1+i, 2, 0, 0, 0, time.UTC),
			Verdict: reports.Pass, Labels: map[string]string{"commit": fmt.Sprintf("c%d", i)}})
		level := [2]float64{0.124, 1}
		if i >= 20 {
			level = [2]float64{0.137, 0.8}
		}
		p99, timeout, capacity = append(p99, new(level[0])), append(timeout, new(level[1])), append(capacity, new(40-float64(i)/10))
	}
	p99[25], timeout[25], capacity[25] = nil, nil, nil
	capacity[26] = nil
	h.Nights[29].Verdict = reports.Fail
	h.Series = []reports.Series{
		{Name: "checkout", Title: "capacity", Figure: "capacity", Unit: "/s", MoreIsGood: true, Values: capacity},
		{Name: "checkout", Title: "p99 in steady state", Figure: "p99", Phase: "steady state", Unit: "s", Values: p99},
		{Name: "checkout", Title: "timeout on pay\x1b[31mments", Figure: "timeout", Dependency: "pay\x1b[31mments", Unit: "s", Values: timeout},
	}
	h.Marks = []reports.ChangeMark{
		{Series: 1, Night: 20, Before: 0.124, After: 0.137, P: 0.0005, Change: reports.Worse},
		{Series: 2, Night: 20, Before: 1, After: 0.8, P: 0.0005, Change: reports.Improved},
		{Series: 0, Night: 15, Before: 39.2, After: 37.9, P: 0.0005, Change: reports.Worse, Gradual: true},
	}
	return h
}

func text(t *testing.T, write func() error, b *bytes.Buffer) string {
	t.Helper()
	if err := write(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Each sentence is worked out by hand: 137/124 = 1.105, 0.8/1, 37.9/39.2 = 0.967.
func TestHistoryText(t *testing.T) {
	h := thirty()
	h.Skipped = []reports.Skipped{{Dir: "x", Why: "its run goes on"}}
	h.MayGo = []string{"n0", "n1", "n2", "n3", "n4", "n5", "n6"}
	var b bytes.Buffer
	out := text(t, func() error { return HistoryText(&b, h) }, &b)
	joined := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		"checkout 30 nights, 2026-11-01 02:00 to 2026-11-30 02:00 last night: FAIL commit c29",
		"x worse since 2026-11-21 02:00 (commit c20; the night before: commit c19): p99 in steady state 124 ms to 137 ms (+10%)",
		"ok better since 2026-11-21 02:00 (commit c20; the night before: commit c19): timeout on pay�[31mments 1 s to 800 ms (-20%)",
		"~ worse bit by bit, around 2026-11-16: capacity 39.2/s to 37.9/s (-3%); a straight line fits",
		"137 ms 137 ms",
		"! x is left out: its run goes on",
		"may go, with --prune: n0, n1, n2, n3, n4 and 2 more folders",
	} {
		if !strings.Contains(joined, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for line := range strings.Lines(out) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > width || strings.Contains(line, "\x1b") {
			t.Errorf("too wide, or not clean: %q", line)
		}
	}
	// The newest 24 nights: 14 of the old level, then 5, one not known, and 4.
	if want := "▁▁▁▁▁▁▁▁▁▁▁▁▁▁█████ ████"; !strings.Contains(out, want) {
		t.Errorf("no row %q in\n%s", want, out)
	}
	b.Reset()
	painted := text(t, func() error { return HistoryTextColor(&b, h) }, &b)
	if plain := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(painted, ""); plain != out || painted == out {
		t.Error("the coloured text is another, or has no colours")
	}
}

// The CSV is one that Apache Otava 0.8 reads: RFC 3339 times, unique columns, and,
// of whole nights, a number in every field (its importer takes float() of each).
func TestHistoryCSV(t *testing.T) {
	for _, c := range []struct {
		whole bool
		rows  int
	}{{false, 29}, {true, 28}} { // night 25 tells nothing, night 26 no capacity
		h := thirty()
		var b bytes.Buffer
		rows, err := csv.NewReader(strings.NewReader(text(t, func() error { return HistoryCSV(&b, h, c.whole) }, &b))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Join(rows[0], ","), "time,commit,capacity_hz,p99_steady_state_s,timeout_pay_31mments_s"; got != want {
			t.Errorf("columns %s, want %s", got, want)
		}
		if len(rows) != 1+c.rows || strings.Join(rows[1], ",") != "2026-11-01T02:00:00Z,c0,40,0.124,1" {
			t.Errorf("%d nights, the first %v; want %d", len(rows)-1, rows[1], c.rows)
		}
		for _, row := range rows[1:] {
			if _, err := time.Parse(time.RFC3339, row[0]); err != nil {
				t.Error(err)
			}
			for _, field := range row[2:] {
				if _, err := strconv.ParseFloat(field, 64); err != nil && (c.whole || field != "") {
					t.Errorf("%v: %v", row, err)
				}
			}
		}
	}
}

func TestColumnsAreUnique(t *testing.T) {
	got := columns([]reports.Series{{Figure: "p99", Phase: "a b", Unit: "s"}, {Figure: "p99", Phase: "a-b", Unit: "s"}, {Figure: "p99", Phase: "a.b", Unit: "s"}, {Figure: "errors", Phase: "日本", Unit: "ratio"}, {Figure: "time"}})
	if want := "p99_a_b_s p99_a_b_s_2 p99_a_b_s_3 errors time_2"; strings.Join(got, " ") != want {
		t.Errorf("columns %q, want %q", got, want)
	}
}

func TestHistoryMarkdown(t *testing.T) {
	h := thirty()
	h.Series[1].Title = "p99 in a|b <script>"
	var b bytes.Buffer
	out := text(t, func() error { return HistoryMarkdown(&b, h) }, &b)
	for _, want := range []string{"### checkout: 30 nights up to 2026-11-30 02:00\n", "- ❌ worse since 2026-11-21 02:00 (commit c20;", "- ✅ better since", "\n| p99 in a\\|b &lt;script> | 137 ms | 137 ms |\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// Labels may come from anybody's bundle.
func TestLabelled(t *testing.T) {
	many := map[string]string{}
	for c := 'a'; c <= 'k'; c++ {
		many[string(c)] = "1"
	}
	for want, labels := range map[string]map[string]string{
		"":                        nil,
		"branch main, commit abc": {"commit": "abc", "branch": "main"},
		"commit 3f9c2ab8d0e1":     {"commit": "3f9c2ab8d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5"},
		"note \ufffd[31mred":      {"note": "\x1b[31mred"},
		"a 1, b 1, c 1, d 1, e 1, f 1, g 1, h 1, 3 more labels": many,
	} {
		if got := labelled(labels); got != want {
			t.Errorf("%v: %q, want %q", labels, got, want)
		}
	}
}
