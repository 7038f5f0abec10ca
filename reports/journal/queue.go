package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/tailback/tailback/internal/files"
)

// segmentHits is the most hits in a segment, and the most that wait for the disk
// while another segment is written.
const segmentHits = 1 << 16

// hitQueue holds hits between the callers of Writer.Hit and Writer.Run: they
// fill one buffer while Run writes the other. The lock is held for a copy.
type hitQueue struct {
	mu      sync.Mutex
	room    sync.Cond
	filling []Hit
	spare   []Hit
	closed  bool
}

func newHitQueue() *hitQueue {
	q := &hitQueue{filling: make([]Hit, 0, segmentHits), spare: make([]Hit, 0, segmentHits)}
	q.room.L = &q.mu
	return q
}

// put adds a hit, waiting for room, and reports whether the buffer is now full.
// In a closed queue it does nothing.
func (q *hitQueue) put(h *Hit) (full bool) {
	q.mu.Lock()
	for len(q.filling) == segmentHits && !q.closed {
		q.room.Wait()
	}
	if !q.closed {
		q.filling = append(q.filling, *h)
		full = len(q.filling) == segmentHits
	}
	q.mu.Unlock()
	return full
}

// take returns the hits put so far, or none when there are fewer than least.
// They are valid until the next call.
func (q *hitQueue) take(least int) []Hit {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.filling) < least {
		return nil
	}
	q.filling, q.spare = q.spare[:0], q.filling
	q.room.Broadcast()
	return q.spare
}

func (q *hitQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
}

// lineBytes is how much text may wait for the disk.
const lineBytes = 4 << 20

// lineQueue holds the lines of a JSON lines file between those who put them and
// Writer.Run, and owns the file. A line is encoded by its caller, who may change
// the value afterwards.
type lineQueue struct {
	file    *os.File
	mu      sync.Mutex
	room    sync.Cond
	filling []byte
	writing []byte // belongs to flush; after a failure it holds what was not written
	closed  bool
}

func newLineQueue(dir, name string) (*lineQueue, error) {
	f, err := files.Create(dir, name)
	if err != nil {
		return nil, err
	}
	q := &lineQueue{file: f}
	q.room.L = &q.mu
	return q, nil
}

// put adds a line, waiting for room; in a closed queue it drops the line if there
// is none. It fails when JSON has no form for v, or one too long to be read again.
func (q *lineQueue) put(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(line) >= maxLine {
		return fmt.Errorf("it takes %d bytes, and can only take %d", len(line), maxLine)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.filling) > lineBytes && !q.closed {
		q.room.Wait()
	}
	if len(q.filling) <= lineBytes {
		q.filling = append(append(q.filling, line...), '\n')
	}
	return nil
}

// flush writes the lines put so far. A line that a full disk took in part is
// completed by the next flush.
func (q *lineQueue) flush() error {
	q.mu.Lock()
	q.writing, q.filling = append(q.writing, q.filling...), q.filling[:0]
	q.room.Broadcast()
	q.mu.Unlock()
	if len(q.writing) == 0 {
		return nil
	}
	n, err := q.file.Write(q.writing)
	q.writing = q.writing[:copy(q.writing, q.writing[n:])]
	return err
}

func (q *lineQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
}
