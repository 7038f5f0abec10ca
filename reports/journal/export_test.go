package journal

import "os"

// SetEventsFile makes the writer put events into another file, such as one that is always full.
func SetEventsFile(w *Writer, f *os.File) {
	w.events.file.Close()
	w.events.file = f
}

// BreakHits makes the writer panic when it writes hits.
func BreakHits(w *Writer) { w.parquet = nil }

// CheckEvent, and those below, hold a record to its bounds.
func CheckEvent(e *Event) error             { return e.check() }
func CheckObservation(o *Observation) error { return o.check() }
func CheckManifest(m *Manifest) error       { return m.check() }
