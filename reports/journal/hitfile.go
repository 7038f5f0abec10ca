package journal

import (
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"
)

// row is a Hit as it lies in a Parquet file. Its times are spans, each from the
// end of the one before, which are small; neighbours' differences are stored.
// What has few values goes through a dictionary.
type row struct {
	Seq      uint64 `parquet:"seq,delta"`
	Phase    int32  `parquet:"phase,dict"`
	Request  int32  `parquet:"request,dict"`
	Due      int64  `parquet:"due_ns,delta"`
	Lag      int64  `parquet:"lag_ns,delta"`           // from due to sent
	Wait     int64  `parquet:"wait_ns,optional,delta"` // from sent to the first byte; null when there is none
	Receive  int64  `parquet:"receive_ns,delta"`       // from the first byte, or from sent, to done
	Code     int32  `parquet:"code,dict"`
	Class    string `parquet:"class,dict"`
	BytesIn  int64  `parquet:"bytes_in,delta"`
	BytesOut int64  `parquet:"bytes_out,delta"`
	Degraded bool   `parquet:"degraded"`
	Answerer string `parquet:"answerer,dict"`
	Leads    string `parquet:"leads,dict"`
	Visit    uint64 `parquet:"visit,delta"`
	Step     int32  `parquet:"step,dict"`
	Session  int32  `parquet:"session,dict"`
}

func (r *row) set(h *Hit) {
	*r = row{
		Seq: h.Seq, Phase: h.Phase, Request: h.Request,
		Due: int64(h.Due), Lag: int64(h.Sent - h.Due), Receive: int64(h.Done - h.Sent),
		Code: h.Code, Class: h.Class.String(), BytesIn: h.BytesIn, BytesOut: h.BytesOut, Degraded: h.Degraded,
		Answerer: h.Answerer.String(), Leads: h.Leads.String(),
		Visit: h.Visit, Step: h.Step, Session: h.Session,
	}
	if h.FirstByte != 0 {
		r.Wait, r.Receive = int64(h.FirstByte-h.Sent), int64(h.Done-h.FirstByte)
	}
}

const (
	// rowGroup bounds what a hit file holds in memory while it is written.
	rowGroup = 1 << 17
	// segmentPage and joinedPage are bytes of a column that are encoded at a
	// time. Joining has a page of each column of many segments in memory, so
	// theirs are small; large ones cost fewer bytes a hit.
	segmentPage = 8 << 10
	joinedPage  = 64 << 10
)

// hitWriter writes hits to one Parquet file after another.
type hitWriter struct {
	parquet *parquet.GenericWriter[row]
	rows    [512]row
}

// newHitWriter returns a writer with pages of so many bytes. Snappy costs 0.1
// bytes a hit more than zstd, but zstd's pooled decoders are channels, which are
// fatal when they meet a synctest bubble that they were not made in.
func newHitWriter(page int) *hitWriter {
	return &hitWriter{parquet: parquet.NewGenericWriter[row](io.Discard,
		parquet.Compression(&snappy.Codec{}),
		parquet.MaxRowsPerRowGroup(rowGroup),
		parquet.PageBufferSize(page))}
}

// reset begins a file.
func (w *hitWriter) reset(out io.Writer) { w.parquet.Reset(out) }

func (w *hitWriter) write(hits []Hit) error {
	for len(hits) > 0 {
		n := min(len(hits), len(w.rows))
		for i := range n {
			w.rows[i].set(&hits[i])
		}
		if _, err := w.parquet.Write(w.rows[:n]); err != nil {
			return err
		}
		hits = hits[n:]
	}
	return nil
}

// end completes the file. It does not close or sync what it was written to.
func (w *hitWriter) end() error { return w.parquet.Close() }
