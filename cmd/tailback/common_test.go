package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tailback/tailback/reports/journal"
)

// Flags of one name have one letter in every command, and habits are of commands that are there.
func TestCommonFlags(t *testing.T) {
	root := newRoot()
	known := map[string]bool{}
	for _, cmd := range root.Commands() {
		known[cmd.Name()] = true
		for name, letter := range map[string]string{"out": "o", "quiet": "q", "verbose": "v"} {
			f, byLetter := cmd.Flags().Lookup(name), cmd.Flags().ShorthandLookup(letter)
			if f != nil && f.Shorthand != letter || f != byLetter {
				t.Errorf("%s: --%s is not -%s", cmd.Name(), name, letter)
			}
		}
		if cmd.Flags().Lookup("version") != nil {
			t.Errorf("%s has a --version of its own", cmd.Name())
		}
	}
	for name := range habits {
		if !known[name] {
			t.Errorf("habits tell of %s, which is no command", name)
		}
	}
}

// A bundle whose run goes on is not reported on as if that had been killed.
func TestReportOfARunThatGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	w, err := journal.Create(dir, journal.Manifest{Name: "x"}, []byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	var out, diagnostics bytes.Buffer
	if code := run(t.Context(), []string{"report", dir}, &out, &diagnostics); code != exitFailed || out.Len() > 0 || !strings.Contains(diagnostics.String(), "its run, audit or search still goes on") {
		t.Errorf("exits with %d, says %q and %q", code, out.String(), diagnostics.String())
	}
	if exists(filepath.Join(dir, "report.json")) {
		t.Error("a report was written into it")
	}
	if err := w.Finish(journal.Outcome{Status: "complete", Undone: true}); err != nil {
		t.Fatal(err)
	}
	if run(t.Context(), []string{"report", dir}, &out, &diagnostics); !exists(filepath.Join(dir, "report.json")) {
		t.Errorf("after its end: %s", diagnostics.String())
	}
}

// Between two of its runs, when none is being written, an audit or a search goes on
// all the same; killed it is when nobody holds its folder.
func TestReportOfAnAuditBetweenItsRuns(t *testing.T) {
	dir := t.TempDir()
	w, err := journal.Create(filepath.Join(dir, "payments"), journal.Manifest{Name: "x"}, []byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(journal.Outcome{Status: "complete", Undone: true}); err != nil {
		t.Fatal(err)
	}
	held := journal.Hold(dir)
	for _, want := range []string{"audit or search still goes on", "killed before it wrote its own report"} {
		var out, diagnostics bytes.Buffer
		if code := run(t.Context(), []string{"report", dir}, &out, &diagnostics); code != exitFailed || out.Len() > 0 || !strings.Contains(diagnostics.String(), want) {
			t.Errorf("exits with %d, says %q and %q, want %q", code, out.String(), diagnostics.String(), want)
		}
		held.Close()
	}
}
