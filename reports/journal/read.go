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

	"github.com/tailback/tailback/internal/files"
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
	experiment, err := files.Read(dir, experimentFile, maxText)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	b.Experiment = experiment
	return b, nil
}

func (b *Bundle) readManifest() error {
	path := filepath.Join(b.Dir, manifestFile)
	text, err := files.Read(b.Dir, manifestFile, maxText)
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
	err = json.Unmarshal(text, &b.Manifest)
	if err == nil {
		err = b.Manifest.check()
	}
	if err != nil {
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
	_, err = os.Lstat(joined)
	if err == nil { // segments beside it are in it
		m, err = newMerger(b.Dir, []string{hitsFile})
		return m, joined, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	segments, err := listSegments(b.Dir)
	if err != nil {
		return nil, "", err
	}
	m, err = newMerger(b.Dir, segments)
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

// listSegments returns the names of the complete segments in the bundle at dir.
func listSegments(dir string) ([]string, error) {
	names, err := files.Names(dir, segmentsDir)
	if err != nil {
		return nil, err
	}
	var segments []string
	for _, name := range names {
		if filepath.Ext(name) == ".parquet" {
			segments = append(segments, filepath.Join(segmentsDir, name))
		}
	}
	return segments, nil
}

// Events returns the events in the order in which they were recorded.
func (b *Bundle) Events() ([]Event, error) {
	return readLines(b.Dir, eventsFile, (*Event).check)
}

// Observations returns the observations in the order in which they were recorded.
func (b *Bundle) Observations() ([]Observation, error) {
	return readLines(b.Dir, observationsFile, (*Observation).check)
}

// readLines decodes a JSON lines file whose values must pass check. A last line
// without its end was torn by a kill or a full disk, and is left out.
func readLines[T any](dir, name string, check func(*T) error) ([]T, error) {
	f, err := files.Open(dir, name)
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	lines.Split(wholeLines)
	n := 1
	for ; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var one T
		err := json.Unmarshal(lines.Bytes(), &one)
		if err == nil {
			err = check(&one)
		}
		if err == nil && len(all) == maxLines {
			err = fmt.Errorf("no more than %d lines can be read", maxLines)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", f.Name(), n, err)
		}
		all = append(all, one)
	}
	err = lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("it is longer than %d MB", maxLine>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("%s:%d: read line: %w", f.Name(), n, err)
	}
	return all, nil
}

// wholeLines splits into lines that have their end.
func wholeLines(data []byte, _ bool) (advance int, line []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	return 0, nil, nil
}
