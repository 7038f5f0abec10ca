package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tailback/tailback/internal/workers"
)

// inspectEvery is how often --watch looks.
const inspectEvery = time.Second

func newInspect() *cobra.Command {
	var match, format string
	var self []string
	var watch bool
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "On the site's own machine: what each worker waits for",
		Long: `Inspect reads from the kernel what each worker of a pool is connected to on this
machine, for how long, and whether it waits for an answer: from a database, a
cache, an API, or the site itself. It changes nothing and needs no other
program. Linux only. Run it as root, or as the workers' user.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, err := snapshotWriter(format, watch)
			if err != nil {
				return err
			}
			i, err := newInspector(cmd.Context(), match, self)
			if err != nil {
				return err
			}
			if watch {
				return watchWorkers(cmd.Context(), i, write, cmd.OutOrStdout(), format == "text")
			}
			return inspectOnce(cmd.Context(), i, write, cmd.OutOrStdout(), match)
		},
	}
	f := cmd.Flags()
	f.StringVar(&match, "match", workers.PHPFPM.String(), "regular expression that finds the workers by their command lines, such as gunicorn, puma or apache2; a group in it names the pool")
	f.StringArrayVar(&self, "self", nil, "HOST or HOST:PORT of the site itself, such as a load balancer in front of this machine; may be given several times")
	f.BoolVar(&watch, "watch", false, "look again each second, until Ctrl-C")
	f.StringVar(&format, "format", "text", "text or json (with --watch one line each second)")
	return cmd
}

func newInspector(ctx context.Context, match string, self []string) (*workers.Inspector, error) {
	expression, err := regexp.Compile(match)
	if err != nil {
		return nil, usage(fmt.Errorf("read --match: %w", err))
	}
	var known []workers.Self
	for _, text := range self {
		addresses, err := workers.ParseSelf(ctx, text)
		if err != nil {
			return nil, usage(fmt.Errorf("read --self: %w", err))
		}
		known = append(known, addresses...)
	}
	return workers.New(expression, known), nil
}

func snapshotWriter(format string, watch bool) (func(io.Writer, *workers.Snapshot) error, error) {
	switch format {
	case "text":
		return writeSnapshot, nil
	case "json":
		return func(w io.Writer, s *workers.Snapshot) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			if !watch {
				e.SetIndent("", "  ")
			}
			return e.Encode(s)
		}, nil
	}
	return nil, usage(fmt.Errorf("read --format %q: it is text or json", format))
}

func inspectOnce(ctx context.Context, i *workers.Inspector, write func(io.Writer, *workers.Snapshot) error, w io.Writer, match string) error {
	s, err := i.Look()
	if err != nil {
		return failed(ctx, err)
	}
	if len(s.Workers) == 0 {
		return failed(ctx, fmt.Errorf("find workers: no process's command line matches %q; name another with --match, and run it where the pool runs", match))
	}
	if err := write(w, s); err != nil {
		return failed(ctx, fmt.Errorf("print snapshot: %w", err))
	}
	if s.Blind() {
		return failed(ctx, errors.New(s.Verdict[0]))
	}
	return nil
}

// watchWorkers looks each second until ctx ends, which is the usual end. On a
// terminal each look takes the place of the one before.
func watchWorkers(ctx context.Context, i *workers.Inspector, write func(io.Writer, *workers.Snapshot) error, w io.Writer, isText bool) error {
	ticker := time.NewTicker(inspectEvery)
	defer ticker.Stop()
	screen, isFile := w.(*os.File)
	redraw := isText && isFile && isTerminal(w)
	for first := true; ; first = false {
		s, err := i.Look()
		if err != nil {
			return failed(ctx, err)
		}
		var page bytes.Buffer
		if err := write(&page, s); err != nil {
			return failed(ctx, fmt.Errorf("print snapshot: %w", err))
		}
		text := page.String()
		if redraw {
			text = eraseScreen + fit(text, screen)
		} else if isText && !first {
			text = "\n" + text
		}
		if _, err := io.WriteString(w, text); err != nil {
			return failed(ctx, fmt.Errorf("print snapshot: %w", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// fit cuts a page to the size of a terminal: what is more would scroll the verdict away.
func fit(page string, screen *os.File) string {
	columns, rows, err := term.GetSize(int(screen.Fd()))
	if err != nil || rows < 3 {
		return page
	}
	lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	if more := len(lines) - (rows - 1); more > 0 {
		lines = append(lines[:rows-2], fmt.Sprintf("  ... %d more lines: a larger window, or a narrower --match, shows them", more+1))
	}
	for i := range lines {
		lines[i] = clip(lines[i], columns)
	}
	return strings.Join(lines, "\n") + "\n"
}

// clip cuts a line to so many characters.
func clip(line string, width int) string {
	if runes := []rune(line); len(runes) > max(width, 0) {
		return string(runes[:max(width, 0)])
	}
	return line
}

// eraseScreen goes to the top and clears everything below (ECMA-48 CUP, ED).
const eraseScreen = "\x1b[H\x1b[J"
