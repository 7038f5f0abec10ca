// Command tailback load-tests a site while its dependencies are slowed or cut,
// and says when and how the site broke.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports/words"
)

// The exit codes. A report knows its own: see reports.Report.ExitCode.
const (
	exitOK          = 0
	exitMissed      = 1   // objectives missed on valid data
	exitUsage       = 2   // the command line or a file is wrong
	exitFailed      = 3   // could not start, cut short, or inconclusive
	exitInterrupted = 130 // by a signal or a stop file
)

func main() {
	// The heap is small and bounded, and the collector's work competes with the
	// load: collect a quarter as often. GOGC in the environment still wins.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // under nohup a closed terminal ends nothing
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	// A second signal ends the process at once.
	defer context.AfterFunc(ctx, stop)()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case !errors.As(err, &exit): // cobra's own: an unknown command or flag
		tell(stderr, "tailback: "+err.Error())
		return exitUsage
	case exit.err != nil:
		tell(stderr, "tailback: "+exit.says())
		annotateRefusal(stderr, exit)
	}
	return exit.code
}

// exitError ends the program with a code, and a message if err is set.
type exitError struct {
	code     int
	err      error
	reported bool // there is a report that says so
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// says is what a person is told. An interruption that is all there is to tell of
// came off well; what went wrong besides has lines of its own.
func (e *exitError) says() string {
	text := e.err.Error()
	why, more, besides := strings.Cut(text, "\n")
	switch {
	case e.code != exitInterrupted:
		return text
	case besides:
		return fmt.Sprintf("interrupted (%s)\n%s", why, more)
	}
	return fmt.Sprintf("interrupted (%s); every fault is lifted, what was recorded is kept", why)
}

func (e *exitError) Unwrap() error { return e.err }

// usage is a mistake in the command line or a file.
func usage(err error) error { return &exitError{code: exitUsage, err: err} }

// failed is anything that kept a command from doing its work. A fault that may be
// left is worse than having been interrupted.
func failed(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, harness.ErrStuck) {
		return &exitError{code: exitInterrupted, err: err}
	}
	return &exitError{code: exitFailed, err: err}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "tailback",
		Short: "Load-test a site while its dependencies are slow, and learn when and how it breaks",
		Long: `Tailback drives configured traffic at a staging site while it slows or cuts the
site's dependencies, and reports when 502s began, under which load, and whether
the site came back by itself. Start with: tailback demo, tailback init.

The manual, by tailback help TOPIC:
` + strings.TrimSuffix(topicList(), "\n"),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	// Flags are described in the columns of any terminal.
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages", fmt.Sprintf("FlagUsagesWrapped %d", words.Columns)))
	root.AddCommand(newInit(), newImport(), newRun(), newCapacity(), newAudit(), newDemo(), newCheck(), newReport(), newCompare(), newHistory(), newPredict(), newProxy(), newLift(), newInspect(), newStaging(), newSchema(), newVersion())
	root.SetHelpCommand(newHelp())
	addCommon(root)
	return root
}
