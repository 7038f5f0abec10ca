package measure

import (
	"github.com/tailback/tailback/reports/journal"
)

// Who ended a wait; of the others Events need no names.
const (
	byAnswer = "answer"
	bySite   = "site"
)

// waitsOfConnections are the waits of a bundle that tells only how long the
// longest of each connection was, as those of older versions do, by the fault. A
// request that had its answer is taken to have had it at the lifting, if its
// connection was open for longer: on one that is kept that is when its wait ended.
func waitsOfConnections(x *Events) map[int][]journal.Wait {
	lifted := map[int]int64{}
	for _, e := range x.faults {
		if e.Kind == journal.FaultLifted {
			lifted[e.Fault.Index] = e.AtNS
		}
	}
	waits := map[int][]journal.Wait{}
	for _, c := range x.closed {
		if c.Fault == nil || c.HeldNS == nil {
			continue
		}
		w := journal.Wait{Dependency: c.Dependency, Connection: c.ID, Fault: *c.Fault, EndedNS: c.ClosedNS, EndedBy: c.ClosedBy}
		if !c.Waiting {
			w.EndedBy = byAnswer
			if at, ok := lifted[w.Fault]; ok {
				w.EndedNS = min(w.EndedNS, at)
			}
		}
		w.BeganNS = max(w.EndedNS-*c.HeldNS, min(c.OpenedNS, w.EndedNS))
		waits[w.Fault] = append(waits[w.Fault], w)
	}
	return waits
}
