package reports

import (
	"math"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// overtaking counts answers that came too soon for a queue in order of arrival:
// of requests that found so many inside that their turn was a second away or
// more, and took less than half of that, but no less than a worker needs. On a
// unix socket nobody overtakes; on TCP who was refused a place tries again
// later, and others take it.
type overtaking struct {
	grid     *grid
	levels   []int32
	faulty   []bool
	workers  float64
	capacity float64 // per second
	service  float64 // seconds
	n        int64
	took     stats.Histogram // ns, of those
}

// enough of them are no accident.
const enough = 10

func (o *overtaking) add(h *journal.Hit) {
	if h.Class != journal.ClassOK {
		return
	}
	sent, done := o.grid.cell(h.Sent), o.grid.cell(h.Done)
	if sent >= len(o.faulty) || done >= len(o.faulty) || o.faulty[sent] || o.faulty[done] {
		return
	}
	turn := (float64(o.levels[sent]) - o.workers) / o.capacity
	took := h.Service().Seconds()
	if turn >= time.Second.Seconds() && took < turn/2 && took > 0.8*o.service {
		o.n++
		if later := min(sent+o.grid.perSecond(), len(o.levels)-1); o.levels[later] >= o.levels[sent] { // or places stay free
			o.took.Add(int64(h.Service()))
		}
	}
}

// network tells a unix socket, which refuses at once when the queue is full,
// from TCP, which makes wait.
func (a *analysis) network(p *poolFit, pool Pool, in input) string {
	if p.full.n > 0 {
		return "unix"
	}
	if pool.Workers == nil || pool.CapacityHz == nil || pool.ServiceS == nil {
		return ""
	}
	o := &overtaking{grid: a.grid, levels: p.levels, faulty: a.faultyCells(len(p.levels), 0),
		workers: pool.Workers.Value, capacity: pool.CapacityHz.Value, service: pool.ServiceS.Value}
	most := int32(0)
	for _, level := range p.levels {
		most = max(most, level)
	}
	if (float64(most)-o.workers)/o.capacity < 1 { // spares a pass
		return ""
	}
	if err := a.read(in.hits, o.add); err != nil || o.n < enough {
		return ""
	}
	// Who found a place at once had all slots before it: S + Q/C. It is no figure
	// to state, as it leans on the load being well above C, but the model needs one.
	if o.took.N() >= fewest {
		p.tcpSlots = int(math.Round(max(time.Duration(o.took.Quantile(0.5)).Seconds()-o.service, 0) * o.capacity))
	}
	return "tcp"
}
