package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/tailback/tailback/internal/harness"
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

func (p *progress) show(s harness.Status) {
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
	line := fmt.Sprintf("%s of %s  %s%s  %d ok, %d not, %d waiting  %s",
		min(s.Elapsed, s.Total).Round(time.Second), s.Total.Round(time.Second), phase, fault, s.OK, s.Ended-s.OK, s.Waiting, p.name)
	fmt.Fprint(p.w, eraseLine, clip(line, p.width()-1))
}

// width is the terminal's: a line that wraps could not be erased.
func (p *progress) width() int {
	if f, ok := p.w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
}

// clip cuts a line to so many characters.
func clip(line string, width int) string {
	if runes := []rune(line); len(runes) > max(width, 0) {
		return string(runes[:max(width, 0)])
	}
	return line
}

func (p *progress) clear() {
	if p.live {
		fmt.Fprint(p.w, eraseLine)
	}
}
