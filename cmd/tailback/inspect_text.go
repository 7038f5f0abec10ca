package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/tailback/tailback/internal/workers"
	"github.com/tailback/tailback/reports/words"
)

// writeSnapshot writes a snapshot for people: the verdict, then each worker and
// its connections.
func writeSnapshot(w io.Writer, s *workers.Snapshot) error {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s  %s\n\n", s.At.Format("15:04:05"), words.Number(int64(len(s.Workers)), "worker"))
	if len(s.Workers) == 0 {
		b.WriteString("  the pool is not running, or --match finds nothing\n")
	}
	for _, line := range s.Verdict {
		b.WriteString(words.Paragraph("  ", "    ", line, words.Columns))
	}
	rows, unshown := [][]string{{"pid", "is", "connected to", "state", "for how long"}}, 0
	for _, worker := range s.Workers {
		if len(worker.Connections) == 0 && (worker.Hidden != "" || worker.Busy != nil && !*worker.Busy) {
			unshown++
		} else {
			rows = append(rows, workerRows(worker)...)
		}
	}
	if len(rows) > 1 {
		b.WriteString("\n")
		columns(&b, rows)
	}
	if len(rows) > 1 && unshown > 0 {
		fmt.Fprintf(&b, "  and %s, idle or hidden, without a connection\n", words.Number(int64(unshown), "worker"))
	}
	for _, note := range howLong(s) {
		b.WriteString("\n")
		b.WriteString(words.Paragraph("  ", "  ", note, words.Columns))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// workerRows are the lines of one worker, one for each connection.
func workerRows(w workers.Worker) [][]string {
	does := "busy"
	switch {
	case w.Hidden != "":
		does = "hidden"
	case w.Busy == nil:
		does = "?"
	case !*w.Busy:
		does = "idle"
	}
	head := []string{fmt.Sprint(w.PID), does}
	if len(w.Connections) == 0 {
		return [][]string{append(head, "-")}
	}
	var rows [][]string
	for _, c := range w.Connections {
		to := c.Name()
		if c.Self != "" {
			to += " = ITSELF"
		}
		rows = append(rows, append(head, to, c.State, connectedFor(c)))
		head = []string{"", ""}
	}
	return rows
}

// connectedFor says for how long the worker has waited for a connection, or what else is known.
func connectedFor(c workers.Connection) string {
	switch {
	case c.Tries > 0:
		return "no answer to " + words.Number(int64(c.Tries), "connect")
	case c.WaitsS != nil:
		return "no answer for " + workers.Seconds(*c.WaitsS)
	case c.QuietS != nil:
		return "quiet for " + workers.Seconds(*c.QuietS)
	case c.SeenS > 0:
		return "seen for " + workers.Seconds(c.SeenS)
	}
	return ""
}

// howLong says what the times are where they are no waits.
func howLong(s *workers.Snapshot) []string {
	var quiet, unix bool
	for _, w := range s.Workers {
		for _, c := range w.Connections {
			quiet = quiet || c.QuietS != nil && c.WaitsS == nil
			unix = unix || c.Network == "unix" && c.SeenS == 0
		}
	}
	var notes []string
	if quiet {
		notes = append(notes, "quiet: the other side has spoken last, and nothing has passed since; whether that was all of the answer can't be seen from here")
	}
	if unix {
		notes = append(notes, "the kernel keeps no times of unix sockets: --watch counts from when it first sees one")
	}
	return notes
}

// columns writes rows in columns of the width that each needs.
func columns(b *strings.Builder, rows [][]string) {
	var width []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		line := " "
		for i, cell := range row {
			line += " " + cell + strings.Repeat(" ", width[i]-len([]rune(cell))+1)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
