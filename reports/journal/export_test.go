package journal

import "os"

// SetEventsFile makes the writer put events into another file, such as one that is always full.
func SetEventsFile(w *Writer, f *os.File) {
	w.events.file.Close()
	w.events.file = f
}

// BreakHits makes the writer panic when it writes hits.
func BreakHits(w *Writer) { w.parquet = nil }
