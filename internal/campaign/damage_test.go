package campaign

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/tailback/tailback/internal/zoo"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/analysis"
	"github.com/tailback/tailback/reports/journal"
	"github.com/tailback/tailback/reports/render"
)

// damaged is a bundle of which some figures, names and lines are drawn anew.
type damaged struct {
	*rand.Rand
	files map[string][]byte
}

// The files of a bundle that hold text.
var texts = []string{"manifest.json", "events.jsonl", "observations.jsonl"}

// extremes are figures at the ends of what there is, and of what a bundle may hold.
var extremes = []string{"0", "1", "-1", "2", "7", "0.5", "-0.5", "1e-9", "99", "100", "999", "1000", "1e6", "1000000000", "8640000", "8639999.5",
	"8640000000000000", "-8640000000000000", "2592000000000000", "86400000000000", "3600000000000", "1000000", "1099511627776", "1125899906842624",
	"1e13", "1e18", "1e300", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "null", `"x"`, "[]", "{}", "true"}

var (
	number = regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`)
	word   = regexp.MustCompile(`"[a-z_A-Z0-9:./ -]*"`)
	field  = regexp.MustCompile(`,"[a-z_]+":("[^"]*"|[0-9.e+-]+|true|false|null)`)
)

// damage changes one to six things, and often the hits.
func (d *damaged) damage() {
	if d.IntN(3) == 0 {
		d.files["hits.parquet"] = d.hits(d.files["hits.parquet"])
	}
	for range 1 + d.IntN(6) {
		name := texts[d.IntN(len(texts))]
		d.files[name] = d.text(d.files[name])
	}
}

func (d *damaged) text(text []byte) []byte {
	switch d.IntN(12) {
	case 0:
		return d.swapped(text, word)
	case 1:
		return d.swapped(text, number)
	case 2:
		return d.replaced(text, field, nil)
	case 3, 4:
		return d.lines(text)
	case 5:
		if len(text) > 0 {
			text = bytes.Clone(text)
			text[d.IntN(len(text))] ^= 1 << d.IntN(8)
		}
		return text
	}
	return d.replaced(text, number, []byte(extremes[d.IntN(len(extremes))]))
}

// replaced puts other in the place of one of what is matched.
func (d *damaged) replaced(text []byte, what *regexp.Regexp, other []byte) []byte {
	from := 0
	if len(text) > 400 {
		from = d.IntN(len(text) - 200)
	}
	at := what.FindIndex(text[from:])
	if at == nil {
		return text
	}
	return bytes.Join([][]byte{text[:from+at[0]], other, text[from+at[1]:]}, nil)
}

// swapped puts one of what is matched in the place of another.
func (d *damaged) swapped(text []byte, what *regexp.Regexp) []byte {
	all := what.FindAll(text, 200)
	if all == nil {
		return text
	}
	return d.replaced(text, what, bytes.Clone(all[d.IntN(len(all))]))
}

// lines leaves out a line, doubles it or moves it.
func (d *damaged) lines(text []byte) []byte {
	all := bytes.SplitAfter(text, []byte("\n"))
	i, k := d.IntN(len(all)), d.IntN(len(all))
	switch d.IntN(3) {
	case 0:
		all[i] = nil
	case 1:
		all[i] = bytes.Join([][]byte{all[i], all[i]}, nil)
	default:
		all[i], all[k] = all[k], all[i]
	}
	return bytes.Join(all, nil)
}

// row is a hit as it lies in a bundle.
type row struct {
	Seq      uint64 `parquet:"seq"`
	Phase    int32  `parquet:"phase"`
	Request  int32  `parquet:"request"`
	Due      int64  `parquet:"due_ns"`
	Lag      int64  `parquet:"lag_ns"`
	Wait     int64  `parquet:"wait_ns,optional"`
	Receive  int64  `parquet:"receive_ns"`
	Code     int32  `parquet:"code"`
	Class    string `parquet:"class"`
	BytesIn  int64  `parquet:"bytes_in"`
	BytesOut int64  `parquet:"bytes_out"`
	Degraded bool   `parquet:"degraded"`
	Answerer string `parquet:"answerer"`
}

// hits draws figures of some hits anew, or changes a bit of their file.
func (d *damaged) hits(file []byte) []byte {
	if d.IntN(4) == 0 {
		file = bytes.Clone(file)
		file[d.IntN(len(file))] ^= 1 << d.IntN(8)
		return file
	}
	rows, err := parquet.Read[row](bytes.NewReader(file), int64(len(file)))
	if err != nil {
		panic(err)
	}
	for range 1 + d.IntN(4) {
		r := &rows[d.IntN(len(rows))]
		times := []*int64{&r.Due, &r.Lag, &r.Wait, &r.Receive, &r.BytesIn, &r.BytesOut}
		v := []int64{0, 1, -1, 1e9, 1e15, 8.64e15, -8.64e15, math.MaxInt64, math.MinInt64, d.Int64() >> d.IntN(60)}
		*times[d.IntN(len(times))] = v[d.IntN(len(v))]
		switch d.IntN(6) {
		case 0:
			r.Code = []int32{0, 200, 502, 504, 999, 1000, -1}[d.IntN(7)]
		case 1:
			r.Class = []string{"ok", "status", "dropped", "client_timeout", ""}[d.IntN(5)]
		case 2:
			r.Seq = d.Uint64() >> d.IntN(60)
		case 3:
			r.Phase, r.Request = d.Int32N(5)-1, d.Int32N(3)-1
		case 4:
			rows = rows[:1+d.IntN(len(rows))]
		}
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// whole are bundles without damage, of short runs of several kinds: the files of each.
func whole(t testing.TB) []map[string][]byte {
	t.Helper()
	all := []map[string][]byte{filesOf(t, filepath.Join("..", "..", "reports", "analysis", "testdata", "hang"))}
	for i, name := range []string{"hang", "egress", "killed", "slow", "burst", "dynamic"} {
		kind, err := zoo.KindNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		site, plan := kind.Draw(uint64(i))
		plan.EndsAt = min(plan.EndsAt, 7*time.Second)
		for i := range plan.Phases {
			p := &plan.Phases[i]
			p.Duration = min(p.Duration, 4*time.Second)
			for k := range p.Faults {
				p.Faults[k].After, p.Faults[k].For = time.Second, 2*time.Second
			}
		}
		record, _ := zoo.Simulate(site, plan, uint64(i))
		dir := filepath.Join(t.TempDir(), name)
		if err := record.Write(dir); err != nil {
			t.Fatal(err)
		}
		all = append(all, filesOf(t, dir))
	}
	return all
}

func filesOf(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range append(texts, "experiment.yaml", "hits.parquet") {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = text
	}
	return files
}

// FuzzDamagedBundle: whatever the files of a bundle hold, its report is written,
// or the error names the file; within five seconds of the processor, and without a panic.
func FuzzDamagedBundle(f *testing.F) {
	from := whole(f)
	dir := f.TempDir()
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := &damaged{rand.New(rand.NewPCG(seed, 15)), map[string][]byte{}}
		for name, text := range from[d.IntN(len(from))] {
			d.files[name] = text
		}
		d.damage()
		for name, text := range d.files {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		hangs := time.AfterFunc(time.Minute, func() { panic(fmt.Sprintf("the bundle of seed %d is not read within a minute", seed)) })
		defer hangs.Stop()
		began := processor()
		err := readDamaged(dir, seed%16 == 0)
		if took := processor() - began; took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if err != nil && !strings.Contains(err.Error(), dir) {
			t.Errorf("an error that names no file: %v", err)
		}
	})
}

// readDamaged reads a bundle and, since that takes as long again, renders some of the reports.
func readDamaged(dir string, rendered bool) error {
	if rendered {
		r, err := WriteReports(dir)
		return errors.Join(err, render.Text(io.Discard, cmp.Or(r, &reports.Report{})))
	}
	b, err := journal.Open(dir)
	if err == nil {
		_, err = analysis.Analyze(b)
	}
	return err
}

// processor is the time that this process has had of the processors.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
