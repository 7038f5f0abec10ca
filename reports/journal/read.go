package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Bundle is the record of a run, finished, going on or killed.
type Bundle struct {
	Dir        string
	Manifest   Manifest // Outcome is nil unless the run was finished
	Experiment []byte   // the file as run, YAML
}

// Open reads the manifest and the experiment of the bundle in dir. It refuses a
// bundle of a newer schema.
func Open(dir string) (*Bundle, error) {
	b := &Bundle{Dir: dir}
	if err := b.readManifest(); err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	experiment, err := os.ReadFile(filepath.Join(dir, experimentFile))
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	b.Experiment = experiment
	return b, nil
}

func (b *Bundle) readManifest() error {
	path := filepath.Join(b.Dir, manifestFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no %s; name the folder that a run wrote", b.Dir, manifestFile)
	}
	if err != nil {
		return err
	}
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if version.Schema > Schema {
		return fmt.Errorf("%s: schema %d is newer than %d, the newest this tailback reads; use a newer tailback", path, version.Schema, Schema)
	}
	if version.Schema < 1 {
		return fmt.Errorf("%s: schema is %d, not that of a bundle", path, version.Schema)
	}
	if err := json.Unmarshal(text, &b.Manifest); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Hits yields the hits in batches, ordered by Due and then by Seq. A batch is
// valid until the next. An error comes last, with a nil batch.
func (b *Bundle) Hits() iter.Seq2[[]Hit, error] {
	return func(yield func([]Hit, error) bool) {
		m, from, err := b.openHits()
		if err != nil {
			yield(nil, fmt.Errorf("read hits: %w", err))
			return
		}
		defer m.close()
		batch := make([]Hit, 4096)
		for err == nil {
			var n int
			n, err = m.read(batch)
			if bad := b.check(batch[:n]); bad != nil {
				n, err = 0, fmt.Errorf("%s: %w", from, bad)
			}
			if n > 0 && !yield(batch[:n], nil) {
				return
			}
		}
		if err != io.EOF {
			yield(nil, fmt.Errorf("read hits: %w", err))
		}
	}
}

// openHits also returns what it reads: the joined file or, of a run that was not
// finished, the folder of segments.
func (b *Bundle) openHits() (m *merger, from string, err error) {
	joined := filepath.Join(b.Dir, hitsFile)
	_, err = os.Stat(joined)
	if err == nil { // segments beside it are in it
		m, err = newMerger([]string{joined})
		return m, joined, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	segments, err := listSegments(b.Dir)
	if err != nil {
		return nil, "", err
	}
	m, err = newMerger(segments)
	return m, filepath.Join(b.Dir, segmentsDir), err
}

// check holds the hits' indexes to what the manifest names, so that no reader needs to.
func (b *Bundle) check(hits []Hit) error {
	phases, requests := uint32(len(b.Manifest.Phases)), uint32(len(b.Manifest.Requests))
	for i := range hits {
		if h := &hits[i]; uint32(h.Phase) >= phases || uint32(h.Request) >= requests {
			return fmt.Errorf("hit %d is of phase %d and request %d, but %s names %d phases and %d requests",
				h.Seq, h.Phase, h.Request, manifestFile, phases, requests)
		}
	}
	return nil
}

// listSegments returns the paths of the complete segments in the bundle at dir.
func listSegments(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, segmentsDir))
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".parquet" {
			paths = append(paths, filepath.Join(dir, segmentsDir, e.Name()))
		}
	}
	return paths, nil
}

// Events returns the events in the order in which they were recorded.
func (b *Bundle) Events() ([]Event, error) {
	return readLines(filepath.Join(b.Dir, eventsFile), func(e Event) error {
		fault := e.Kind == FaultApplied || e.Kind == FaultStepped || e.Kind == FaultLifted
		if fault && e.Fault == nil || e.Kind == ConnClosed && e.Connection == nil || e.Kind == Waited && e.Wait == nil {
			return fmt.Errorf("event %q without its fault, connection or wait", e.Kind)
		}
		return nil
	})
}

// Observations returns the observations in the order in which they were recorded.
func (b *Bundle) Observations() ([]Observation, error) {
	return readLines(filepath.Join(b.Dir, observationsFile), func(Observation) error { return nil })
}

// readLines decodes a JSON lines file whose values must pass check. A last line
// without its end was torn by a kill or a full disk, and is left out.
func readLines[T any](path string, check func(T) error) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	defer f.Close()
	var all []T
	in := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read lines: %w", err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var one T
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if err := check(one); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		all = append(all, one)
	}
}
