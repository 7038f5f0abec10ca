package main

import (
	"fmt"
	"io"
	"time"

	"github.com/tailback/tailback"
)

// progress shows how far a run is: one line that is rewritten on a terminal,
// nothing elsewhere.
type progress struct {
	w    io.Writer
	name string
	live bool
}

func newProgress(w io.Writer, name string) *progress {
	return &progress{w: w, name: name, live: isTerminal(w)}
}

// eraseLine goes to the line's start and clears it (ECMA-48 EL).
const eraseLine = "\r\x1b[2K"

func (p *progress) show(s tailback.Status) {
	if !p.live {
		return
	}
	phase := s.Phase
	if phase == "" {
		phase = "waiting for the last answers"
	}
	fault := ""
	if s.Faults > 0 {
		fault = "  fault on"
	}
	fmt.Fprintf(p.w, "%s%s  %s of %s  %s%s  %d answered, %d not ok", eraseLine, p.name,
		min(s.Elapsed, s.Total).Round(time.Second), s.Total, phase, fault, s.OK, s.Sent-s.OK)
}

func (p *progress) clear() {
	if p.live {
		fmt.Fprint(p.w, eraseLine)
	}
}
