package campaign

import (
	"sync"
	"time"

	"github.com/tailback/tailback/internal/stats"
	"github.com/tailback/tailback/reports/journal"
)

// knowing watches a hang until it knows how long the site waits. What has not been
// seen may still come, a first call too: that is watched for as long as was asked.
type knowing struct {
	mu       sync.Mutex
	applied  time.Duration // 0 is not yet
	lifted   bool
	usual    stats.Histogram // good answers before the hang, ns
	waits    []time.Duration
	began    time.Duration // the first of them
	answered int           // slow answers by the application
	broken   int           // answers of a gateway whose worker broke off
}

// What it takes to know. Retries show once some requests have gone through all
// of their tries: those of a request with one try long before patience is over.
const (
	enoughWaits   = 3
	enoughAnswers = 12
	enoughBroken  = 3
	patience      = 12 // waits as long as the timeout, for the visitors' answers
	leastPatience = 10 * time.Second
)

func (k *knowing) event(e journal.Event) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case e.Kind == journal.FaultApplied:
		k.applied = time.Duration(e.AtNS)
	case e.Kind == journal.FaultLifted:
		k.lifted = true
	case e.Connection != nil && e.Connection.Waiting && e.Connection.ClosedBy == "site" && e.Connection.HeldNS != nil:
		if k.waits = append(k.waits, time.Duration(*e.Connection.HeldNS)); len(k.waits) == 1 {
			k.began = time.Duration(e.AtNS - *e.Connection.HeldNS)
		}
	}
	return k.knows(time.Duration(e.AtNS))
}

func (k *knowing) hit(h journal.Hit) bool {
	if h.Class.Ours() {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	good := h.Class == journal.ClassOK
	switch {
	case k.applied == 0:
		if good {
			k.usual.Add(int64(h.Service()))
		}
	case h.Due < k.applied || h.Service() <= k.slow():
	case h.Class == journal.ClassStatus && h.Code == 502 && h.Answerer != journal.AnswererApp:
		k.broken++
	case good || h.Class == journal.ClassStatus && h.Code != 504 || h.Class == journal.ClassBody || h.Class == journal.ClassCapture:
		k.answered++
	}
	return k.knows(h.Done)
}

// slow is from when on an answer took longer than the page does by itself. One in
// ten before the hang may have been slow by chance, as on a busy machine.
func (k *knowing) slow() time.Duration {
	return time.Duration(k.usual.Quantile(0.9)) + 100*time.Millisecond
}

// knows reports whether enough is known at a moment of the run. k.mu is locked.
func (k *knowing) knows(at time.Duration) bool {
	if k.applied == 0 || k.lifted {
		return false
	}
	if k.broken >= enoughBroken && len(k.waits) >= enoughBroken {
		return true
	}
	if len(k.waits) < enoughWaits {
		return false
	}
	watched := at - max(k.began, k.applied)
	same, _ := stats.Densest(k.waits, alike)
	return len(same) >= enoughWaits && 2*len(same) >= len(k.waits) && (k.answered >= enoughAnswers || watched > max(patience*same[0], leastPatience))
}

// alike reports whether two waits, the lesser first, may be one timeout: up to a twentieth
// and 20 ms apart. A busy machine makes one shorter at times: it looks late.
func alike(less, more time.Duration) bool { return more <= less+less/20+20*time.Millisecond }
