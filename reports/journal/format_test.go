package journal_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tailback/tailback/reports/journal"
)

func TestFormatDescribesTheFiles(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(record(t, nil), "hits.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	hits, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprintf("schema %d\n", journal.Schema), fmt.Sprintf("\n| %d | ", journal.Schema)}
	for _, column := range hits.Schema().Columns() {
		want = append(want, fmt.Sprintf("\n| `%s` | ", column[0]))
	}
	for class := range journal.ClassOther + 1 {
		want = append(want, fmt.Sprintf("\n| `%s` | ", class))
	}
	for answerer := journal.AnswererApp; answerer <= journal.AnswererEdge; answerer++ {
		want = append(want, fmt.Sprintf("\n| `%s` | ", answerer))
	}
	for leads := journal.LeadsElsewhere; leads <= journal.LeadsToLogin; leads++ {
		want = append(want, fmt.Sprintf("\n| `%s` | ", leads))
	}
	for _, kind := range []journal.EventKind{journal.FaultApplied, journal.FaultStepped, journal.FaultLifted, journal.ConnClosed, journal.Waited, journal.Used, journal.Answer, journal.WentAstray, journal.Warning} {
		want = append(want, fmt.Sprintf("`%s`", kind))
	}
	for _, w := range want {
		if !strings.Contains(string(text), w) {
			t.Errorf("FORMAT.md does not have %q", w)
		}
	}
}

// foreign is a hit as another tool writes it: other order, encodings and widths, all optional.
type foreign struct {
	Extra    string `parquet:"added_by_hand,optional"`
	Class    string `parquet:"class,optional"`
	Code     int64  `parquet:"code,optional,dict"`
	Degraded bool   `parquet:"degraded,optional"`
	Receive  int64  `parquet:"receive_ns,optional,gzip"`
	Wait     int64  `parquet:"wait_ns,optional"`
	Lag      int64  `parquet:"lag_ns,optional"`
	Due      int64  `parquet:"due_ns,optional,dict"`
	Request  int64  `parquet:"request,optional"`
	Phase    int64  `parquet:"phase"`
	Seq      int64  `parquet:"seq,optional"`
	BytesOut int64  `parquet:"bytes_out"`
	BytesIn  int64  `parquet:"bytes_in,optional,delta"`
	Answerer string `parquet:"answerer,optional"`
	Leads    string `parquet:"leads,optional"`
}

func TestHitsWrittenByAnotherTool(t *testing.T) {
	want := realistic(20_000, 1000)
	want[5].Degraded, want[6].Degraded = true, true
	want[7].Leads, want[8].Leads = journal.LeadsElsewhere, journal.LeadsToLogin
	rows := make([]foreign, len(want))
	for i, h := range want {
		wait, receive := h.FirstByte-h.Sent, h.Done-h.FirstByte
		if h.FirstByte == 0 {
			wait, receive = 0, h.Done-h.Sent
		}
		rows[i] = foreign{"x", h.Class.String(), int64(h.Code), h.Degraded, int64(receive), int64(wait), int64(h.Sent - h.Due),
			int64(h.Due), int64(h.Request), int64(h.Phase), int64(h.Seq), h.BytesOut, h.BytesIn, h.Answerer.String(), h.Leads.String()}
	}
	dir := record(t, nil)
	if err := parquet.WriteFile(filepath.Join(dir, "hits.parquet"), rows, parquet.MaxRowsPerRowGroup(7000), parquet.DataPageVersion(1)); err != nil {
		t.Fatal(err)
	}
	if got := readHits(t, open(t, dir)); !slices.Equal(got, want) {
		t.Errorf("read %d hits that differ from the %d written", len(got), len(want))
	}
}

// A file of a version that did not look at who answered, nor where answers lead, is read all the same.
func TestHitsWithoutAnswerer(t *testing.T) {
	type before struct {
		Seq      uint64 `parquet:"seq,delta"`
		Phase    int32  `parquet:"phase,dict"`
		Request  int32  `parquet:"request,dict"`
		Due      int64  `parquet:"due_ns,delta"`
		Lag      int64  `parquet:"lag_ns,delta"`
		Wait     int64  `parquet:"wait_ns,optional,delta"`
		Receive  int64  `parquet:"receive_ns,delta"`
		Code     int32  `parquet:"code,dict"`
		Class    string `parquet:"class,dict"`
		BytesIn  int64  `parquet:"bytes_in,delta"`
		BytesOut int64  `parquet:"bytes_out,delta"`
		Degraded bool   `parquet:"degraded"`
	}
	want := realistic(20_000, 1000)
	rows := make([]before, len(want))
	for i := range want {
		h := &want[i]
		h.Answerer = journal.AnswererUnknown
		wait, receive := h.FirstByte-h.Sent, h.Done-h.FirstByte
		if h.FirstByte == 0 {
			wait, receive = 0, h.Done-h.Sent
		}
		rows[i] = before{h.Seq, h.Phase, h.Request, int64(h.Due), int64(h.Sent - h.Due), int64(wait), int64(receive),
			h.Code, h.Class.String(), h.BytesIn, h.BytesOut, h.Degraded}
	}
	dir := record(t, nil)
	if err := parquet.WriteFile(filepath.Join(dir, "hits.parquet"), rows, parquet.MaxRowsPerRowGroup(7000)); err != nil {
		t.Fatal(err)
	}
	if got := readHits(t, open(t, dir)); !slices.Equal(got, want) {
		t.Errorf("read %d hits that differ from the %d written", len(got), len(want))
	}
}

func TestHitsWithoutAColumn(t *testing.T) {
	dir := record(t, nil)
	type part struct {
		Seq int64 `parquet:"seq"`
	}
	if err := parquet.WriteFile(filepath.Join(dir, "hits.parquet"), []part{{1}}); err != nil {
		t.Fatal(err)
	}
	if err := readAll(dir); err == nil || !strings.Contains(err.Error(), `hits.parquet: no column "phase"`) {
		t.Errorf("reading gives %v", err)
	}
}
