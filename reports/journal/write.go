package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tailback/tailback/internal/files"
)

// writeEvery is how often a segment is written, so that a kill loses less than
// 2 s of hits even when the disk takes a second to write one.
const writeEvery = time.Second

// reserve is how much of the disk a run takes at its start and gives back at its
// end, in bytes: should the disk be full by then, what has yet to be told of the
// faults and of how the run ended fits all the same.
const reserve = 64 << 10

// Writer writes the bundle of a run.
//
// Hit, Event and Observe may be called from any goroutine, before and while Run
// runs. They return at once unless the disk is behind by a whole segment of hits
// (or 4 MB of lines), and then when it has caught up. After Run has returned hits
// are dropped, and the first 4 MB of lines are kept for Finish: that a fault was
// lifted is worth another try.
type Writer struct {
	dir          string
	held         *os.File // the folder, locked; nil where it can't be
	manifest     Manifest
	hits         *hitQueue
	events       *lineQueue
	observations *lineQueue
	wake         chan struct{} // something should be written before the next tick
	parquet      *hitWriter
	segments     int // written
	failed       bool
	unwritten    []Hit // of a segment that failed
}

// Create begins a bundle in dir, which must be absent or empty: manifest and
// experiment are on disk when it returns. It sets the manifest's Schema, and its
// Outcome to nil. Run must follow, then Finish.
func Create(dir string, m Manifest, experiment []byte) (*Writer, error) {
	if err := makeEmpty(dir); err != nil {
		return nil, fmt.Errorf("create bundle: %w", err)
	}
	m.Schema, m.Outcome = Schema, nil
	w := &Writer{dir: dir, held: Hold(dir), manifest: m, hits: newHitQueue(), wake: make(chan struct{}, 1), parquet: newHitWriter(segmentPage)}
	if err := w.create(experiment); err != nil {
		w.held.Close()
		w.closeFiles()
		for _, name := range []string{reserveFile, segmentsDir, eventsFile, observationsFile, experimentFile, manifestFile} {
			os.Remove(filepath.Join(dir, name)) // so that the same command can be tried again
		}
		return nil, fmt.Errorf("create bundle: %w", advise(err))
	}
	return w, nil
}

func makeEmpty(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if _, behind := os.Stat(dir); errors.Is(err, fs.ErrExist) && behind != nil {
		return fmt.Errorf("%s is a link that leads to no folder; make that, or name another with --out", dir)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	switch _, err := d.Readdirnames(1); err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("%s is not empty; name another with --out", dir)
	default:
		return err
	}
}

// create makes the files. The manifest is last: with it the folder is a bundle.
func (w *Writer) create(experiment []byte) (err error) {
	if err := os.Mkdir(w.path(segmentsDir), 0o755); err != nil {
		return err
	}
	if w.events, err = newLineQueue(w.dir, eventsFile); err != nil {
		return err
	}
	if w.observations, err = newLineQueue(w.dir, observationsFile); err != nil {
		return err
	}
	if err := w.takeReserve(); err != nil {
		return err
	}
	if err := replace(w.dir, experimentFile, func(f io.Writer) error {
		_, err := f.Write(experiment)
		return err
	}); err != nil {
		return err
	}
	return w.writeManifest()
}

func (w *Writer) takeReserve() error {
	f, err := files.Create(w.dir, reserveFile)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, reserve))
	return errors.Join(err, f.Close())
}

func (w *Writer) path(name ...string) string {
	return filepath.Join(w.dir, filepath.Join(name...))
}

func (w *Writer) writeManifest() error {
	return replace(w.dir, manifestFile, func(f io.Writer) error {
		e := json.NewEncoder(f)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(w.manifest)
	})
}

// Hit records a hit. It does not allocate.
func (w *Writer) Hit(h Hit) {
	if w.hits.put(&h) {
		w.wakeUp()
	}
}

// Event records an event. All but the many of connections and waits are written at once.
func (w *Writer) Event(e Event) {
	if err := put(w.events, &e, e.check()); err != nil {
		w.unrecorded(fmt.Sprintf("event %q", e.Kind), e.AtNS, err)
	}
	if e.Kind != ConnClosed && e.Kind != Waited {
		w.wakeUp()
	}
}

// Observe records an observation.
func (w *Writer) Observe(o Observation) {
	if err := put(w.observations, &o, o.check()); err != nil {
		w.unrecorded(fmt.Sprintf("observation %q of %s", o.Kind, o.Source), o.AtNS, err)
	}
}

// put hands a record over that may be read again.
func put[T any](to *lineQueue, record *T, err error) error {
	if err != nil {
		return err
	}
	return to.put(record)
}

// unrecorded says in the report that there was a record that no reader would take,
// as of a log in which a request took a thousand years, rather than lose it.
func (w *Writer) unrecorded(what string, atNS int64, err error) {
	at := min(max(atNS, -int64(maxTime)), int64(maxTime))
	w.events.put(Event{AtNS: at, Kind: Warning, Text: fmt.Sprintf("%s could not be recorded: %v", what, err)})
}

func (w *Writer) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run writes what is handed over until ctx is done, then what was handed over
// before, and returns nil. When a write fails it returns the error at once; what
// was written stays.
func (w *Writer) Run(ctx context.Context) error {
	defer w.closeQueues()
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		least := segmentHits
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-tick.C:
			least = 1
		}
		if err := w.write(least); err != nil {
			return err
		}
	}
	return w.drain()
}

// drain writes all there is. After a failure, which was told, that is what can be
// written now: first the lines, as hits that did not fit have given their space back.
// Descriptors that ran out may be free again by the end of the run.
func (w *Writer) drain() error {
	w.closeQueues()
	if w.failed {
		w.events.flush()
		w.observations.flush()
		guard(func() error { return w.writeSegment(w.unwritten) })
		return nil
	}
	return w.write(1)
}

// write writes the lines, and the hits when there are at least so many.
func (w *Writer) write(least int) error {
	w.failed = true // should it panic
	err := errors.Join(w.events.flush(), w.observations.flush(), w.writeSegment(w.hits.take(least)))
	w.failed = err != nil
	if w.failed {
		os.Remove(w.path(reserveFile))
		return fmt.Errorf("record run: %w", advise(err))
	}
	return nil
}

func (w *Writer) writeSegment(hits []Hit) error {
	if len(hits) == 0 {
		return nil
	}
	slices.SortFunc(hits, byDue)
	err := replace(w.dir, filepath.Join(segmentsDir, segmentName(w.segments)), func(f io.Writer) error {
		w.parquet.reset(f)
		return errors.Join(w.parquet.write(hits), w.parquet.end())
	})
	if err != nil {
		w.unwritten = hits
		return err
	}
	w.unwritten = nil
	w.segments++
	return nil
}

func segmentName(i int) string { return fmt.Sprintf("%06d.parquet", i) }

func (w *Writer) closeQueues() {
	w.hits.close()
	w.events.close()
	w.observations.close()
}

// Finish completes the bundle after Run: it joins the segments into one file and
// writes the outcome. When it cannot join them (disk full), or Run has failed, they
// stay, and the bundle is readable all the same. What Run could not write is tried again.
func (w *Writer) Finish(o Outcome) error {
	defer w.held.Close() // a nil file only says that it is none
	w.manifest.Outcome = &o
	os.Remove(w.path(reserveFile))
	errs := []error{w.drain(), w.closeFiles()}
	if !w.failed {
		errs = append(errs, guard(w.join))
	}
	err := errors.Join(append(errs, w.writeManifest())...)
	switch {
	case err == nil:
		return nil
	case !w.failed: // else Run's error has said it
		err = advise(err)
	}
	return fmt.Errorf("finish bundle: %w", err)
}

// closeFiles syncs and closes the files that are open through the run.
func (w *Writer) closeFiles() error {
	var errs []error
	for _, q := range []*lineQueue{w.events, w.observations} {
		if q != nil {
			errs = append(errs, q.file.Sync(), q.file.Close())
		}
	}
	return errors.Join(errs...)
}

// join makes one file of the segments and then removes them.
func (w *Writer) join() error {
	if _, err := os.Lstat(w.path(hitsFile)); err == nil {
		return fmt.Errorf("%s is there already", w.path(hitsFile))
	}
	segments, err := listSegments(w.dir)
	if err != nil {
		return err
	}
	m, err := newMerger(w.dir, segments)
	if err != nil {
		return err
	}
	defer m.close()
	if err := replace(w.dir, hitsFile, func(f io.Writer) error { return copyHits(f, m) }); err != nil {
		return err
	}
	return os.RemoveAll(w.path(segmentsDir))
}

func copyHits(f io.Writer, m *merger) error {
	to := newHitWriter(joinedPage)
	to.reset(f)
	hits := make([]Hit, 4096)
	for {
		n, err := m.read(hits)
		if err := to.write(hits[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			return to.end()
		}
		if err != nil {
			return err
		}
	}
}
