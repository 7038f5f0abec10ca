package main

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tailback/tailback/internal/manual"
)

var shell = regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$")

// Each command line in the manual and the README is one that the program takes,
// also within text, and of the examples what sends nothing and needs no file is run.
func TestCommandsOnPages(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"README.md": string(readme)}
	for _, topic := range manual.Topics() {
		if texts["help "+topic.Name], err = manual.Page(topic.Name); err != nil {
			t.Fatal(err)
		}
	}
	lines := 0
	for where, text := range texts {
		for _, m := range inText.FindAllStringSubmatch(text, -1) {
			if args := strings.Fields(m[1]); !strings.HasPrefix(args[0], "-") {
				takes(t, where, args)
			}
		}
		for _, block := range shell.FindAllStringSubmatch(text, -1) {
			for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
				line, _, _ = strings.Cut(line, "  #")
				line = strings.TrimSpace(line)
				if args := strings.Fields(strings.TrimPrefix(line, "sudo ")); len(args) > 0 && args[0] == "tailback" {
					lines++
					sendsNothing(t, where, takes(t, where, args[1:]), args[1:])
				} else if !other.MatchString(line) {
					t.Errorf("%s: %q is no command that this test knows", where, line)
				}
			}
		}
	}
	if lines < 15 {
		t.Errorf("found only %d command lines", lines)
	}
}

// other are the lines that are no command of this program.
var other = regexp.MustCompile(`^(make (demo|test)|go install \./cmd/tailback|go run \./cmd/tailback .*|export [A-Z_]+=\.\.\.|touch out/stop|)$`)

var inText = regexp.MustCompile("`(?:sudo )?tailback ([^`]+)`")

// takes returns the command that a command line is for.
func takes(t *testing.T, where string, args []string) *cobra.Command {
	t.Helper()
	root := newRoot()
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err != nil && !errors.Is(err, pflag.ErrHelp) || !cmd.Runnable() {
		t.Errorf("%s: tailback %s: %v", where, strings.Join(args, " "), err)
	}
	return cmd
}

// sendsNothing checks the arguments of a whole command line, and runs it if it
// only works something out.
func sendsNothing(t *testing.T, where string, cmd *cobra.Command, args []string) {
	t.Helper()
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		t.Errorf("%s: tailback %s: %v", where, strings.Join(args, " "), err)
	}
	if cmd.Name() == "schema" || cmd.Name() == "predict" && !cmd.Flags().Changed("from") {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code != exitOK || out.Len() == 0 {
			t.Errorf("%s: tailback %s exits with %d: %s", where, strings.Join(args, " "), code, errs.String())
		}
	}
}

// The files that README.md and the pages lead to are there.
func TestLinksOnPages(t *testing.T) {
	for _, place := range []string{"../../", "../../configs/help/"} {
		files := []string{"README.md"}
		if place != "../../" {
			files = nil
			for _, topic := range manual.Topics() {
				files = append(files, topic.Name+".md")
			}
		}
		for _, file := range files {
			content, err := os.ReadFile(place + file)
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`).FindAllStringSubmatch(string(content), -1) {
				if _, err := os.Stat(place + link[1]); err != nil && !strings.HasPrefix(link[1], "https://") {
					t.Errorf("%s leads to %s, which is not there", file, link[1])
				}
			}
		}
	}
}

// The README is short, and no page of the manual is missing from it.
func TestReadmeIsShort(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(readme), "\n"); n > 143 {
		t.Errorf("README.md has %d lines, and is to have at most 143", n)
	}
	for _, topic := range manual.Topics() {
		if !strings.Contains(string(readme), "](configs/help/"+topic.Name+".md)") {
			t.Errorf("README.md has no link to the page %s", topic.Name)
		}
	}
}
