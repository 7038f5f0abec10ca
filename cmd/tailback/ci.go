package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/reports/ci"
)

// leaveForCI writes what CI reads of what was just done into a folder, and tells
// GitHub if this runs there.
func leaveForCI(cmd *cobra.Command, out string, s *ci.Suite) {
	writeForCI(cmd, out, s)
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		tellLeft(cmd, appendSummary(path, s))
	}
	if onGitHub() {
		annotate(errOf(cmd), ci.Annotations(s))
	}
}

// writeForCI writes what CI reads into a folder.
func writeForCI(cmd *cobra.Command, out string, s *ci.Suite) { tellLeft(cmd, campaign.WriteCI(out, s)) }

// tellLeft says what could not be written for CI. It changes nothing of how the
// command ends: the exit code tells the verdict.
func tellLeft(cmd *cobra.Command, err error) {
	if err != nil {
		tell(errOf(cmd), "tailback: "+err.Error()+"\n  (the exit code is the verdict's all the same)")
	}
}

// errOf is stderr also with --quiet, which leaves out progress and not what went wrong.
func errOf(cmd *cobra.Command) io.Writer { return cmd.Root().ErrOrStderr() }

// onGitHub reports whether a step of GitHub Actions runs this.
func onGitHub() bool { return os.Getenv("GITHUB_ACTIONS") == "true" }

// annotate prints annotations, each in a line of its own as GitHub reads them. It reads
// stderr as well as stdout, which is a report's, and may have to be parsed.
func annotate(w io.Writer, list []ci.Annotation) {
	for _, a := range list {
		a.File = inRepository(a.File)
		fmt.Fprintln(w, a)
	}
}

// inRepository names a file from the root of the repository, as GitHub does, if it is in it.
func inRepository(file string) string {
	root := os.Getenv("GITHUB_WORKSPACE")
	if file == "" || root == "" {
		return file
	}
	whole, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	if within, err := filepath.Rel(root, whole); err == nil && filepath.IsLocal(within) {
		return filepath.ToSlash(within)
	}
	return file
}

// appendSummary adds s to the summary of a GitHub step, which several commands may
// share: GitHub shows none of one that is too long.
func appendSummary(path string, s *ci.Suite) (err error) {
	var text bytes.Buffer
	if err := ci.Markdown(&text, s); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("add to the step's summary: %w; see what GITHUB_STEP_SUMMARY names, or unset it", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("add to the step's summary: %w", err)
	}
	text.WriteString("\n")
	if info.Size()+int64(text.Len()) >= ci.MaxStepSummary {
		return fmt.Errorf("add to the step's summary: it would be longer than the %d KiB that GitHub shows; this one is left out of it, and is in summary.md", ci.MaxStepSummary>>10)
	}
	if _, err := f.Write(text.Bytes()); err != nil {
		return fmt.Errorf("add to the step's summary: %w", err)
	}
	return nil
}

// annotateRefusal tells GitHub why a command came to no report: of a file that is
// wrong each mistake where it is; that a run could not start is a warning, since it
// says nothing of the site.
func annotateRefusal(w io.Writer, exit *exitError) {
	if !onGitHub() || exit.reported || exit.err == nil || exit.code == exitInterrupted {
		return
	}
	var list []ci.Annotation
	var mistakes configs.Mistakes
	if errors.As(exit.err, &mistakes) {
		for _, m := range mistakes {
			text := strings.TrimPrefix(m.Path+": "+m.Text, ": ")
			list = append(list, ci.Annotation{Title: "tailback", Text: text, File: m.File, Line: m.Line})
		}
	} else {
		list = []ci.Annotation{{Warning: exit.code == exitFailed, Title: "tailback", Text: exit.says()}}
	}
	annotate(w, ci.AtMostTen(list))
}
