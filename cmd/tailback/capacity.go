package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/attack/search"
	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/render"
)

const (
	capacityJSON = "capacity.json"
	// recoveryTimeout bounds the wait for a site to be well again after a trial.
	recoveryTimeout = 90 * time.Second
	// worthSaying is how long it is waited for that in silence.
	worthSaying = 5 * time.Second
	// doomed is for how many seconds in a row most answers are bad when a trial
	// that would last longer is ended.
	doomed = 3
	// mostVoid is how many trials in a row that count for nothing end a search: a
	// busy machine may spoil one.
	mostVoid = 3
)

func newCapacity() *cobra.Command {
	var o overrides
	var out, format, stopFile string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "capacity FILE",
		Short: "Find the highest rate that the site carries, without faults and under each",
		Long: `Capacity looks for the highest rate that meets capacity.objective, to 5%, without
a fault and then under each of capacity.faults. A trial is an ordinary run in a
folder of its own; one that grows the queue does not hold, even if it ended
before the queue was full. Between trials it waits until the site is well again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			render, err := capacityRenderer(format)
			if err != nil {
				return err
			}
			exp, err := o.load(args[0])
			if err != nil {
				return err
			}
			if exp.Capacity == nil {
				return usage(fmt.Errorf("capacity %s: it has no capacity; add one, such as capacity: {from: 1, to: 200, objective: \"errors < 1%%, p95 < 1s\"}", args[0]))
			}
			if out == "" {
				out = defaultOut(exp.Name + "-capacity")
			}
			if dryRun {
				return dry(cmd, exp, out, format)
			}
			done, err := alone(cmd, exp, out, stopFile)
			if err != nil {
				return err
			}
			defer done()
			h := &hunt{exp: exp, out: out, progress: cmd.ErrOrStderr()}
			found, err := h.run(cmd.Context())
			if found == nil {
				return failed(cmd.Context(), err)
			}
			if renderErr := render(cmd.OutOrStdout(), found); renderErr != nil {
				err = errors.Join(err, fmt.Errorf("print capacity: %w", renderErr))
			}
			if err != nil {
				return failed(cmd.Context(), err)
			}
			if found.ExitCode != exitOK {
				return &exitError{code: found.ExitCode}
			}
			return nil
		},
	}
	o.addFlags(cmd)
	addStopFile(cmd, &stopFile)
	addDryRun(cmd, &dryRun)
	cmd.Flags().StringVar(&format, "format", "text", "of what is printed: text, json")
	cmd.Flags().StringVar(&out, "out", "", "folder for the trials and capacity.json; must be absent or empty (default tailback-out/<name>-capacity-<UTC time>)")
	return cmd
}

func capacityRenderer(format string) (func(io.Writer, *reports.Capacity) error, error) {
	switch format {
	case "text":
		return render.CapacityText, nil
	case "json":
		return render.CapacityJSON, nil
	}
	return nil, usage(fmt.Errorf("read --format %q: it is one of text, json", format))
}

// hunt is one run of the command.
type hunt struct {
	exp      *configs.Experiment
	out      string
	progress io.Writer
	well     time.Duration // how long the site at rest takes to answer
}

// run finds every figure. It returns what was found so far when it is cut short.
func (h *hunt) run(ctx context.Context) (*reports.Capacity, error) {
	q := h.exp.Capacity
	rest, err := h.trial(search.Plan{RateHz: q.From, Seconds: 1}, nil)
	if err != nil {
		return nil, err
	}
	if err := harness.Supported(rest); err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(h.out); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("begin capacity: %s is not empty; name another folder with --out", h.out)
	}
	if h.well, err = answer(ctx, rest); err != nil {
		return nil, err
	}
	c := &reports.Capacity{Schema: 1, Name: h.exp.Name, Target: rest.Target.Bare(), Seed: h.exp.Seed, Arrivals: h.exp.Arrivals,
		Objective: q.Objective, FromHz: q.From, ToHz: q.To}
	for i := -1; i < len(q.Faults) && err == nil; i++ {
		var fault *configs.Fault
		if i >= 0 {
			fault = &q.Faults[i]
		}
		var f reports.CapacityFigure
		f, err = h.figure(ctx, fault, i)
		c.Figures = append(c.Figures, f)
		c.ExitCode = worse(c.ExitCode, &f)
	}
	if err := h.write(c); err != nil {
		return nil, err
	}
	return c, err
}

// worse returns the exit code with one more figure: not met wins over not known.
func worse(code int, f *reports.CapacityFigure) int {
	switch {
	case f.RateHz == nil && f.Why == "", code == exitMissed:
		return exitMissed
	case f.RateHz == nil:
		return exitFailed
	}
	return code
}

func (h *hunt) write(c *reports.Capacity) error {
	f, err := os.Create(filepath.Join(h.out, capacityJSON))
	if err != nil {
		return fmt.Errorf("write capacity: %w", err)
	}
	return errors.Join(render.CapacityJSON(f, c), f.Close())
}

// figure finds the rate under one fault, or none. Its error ends the whole hunt.
func (h *hunt) figure(ctx context.Context, fault *configs.Fault, index int) (reports.CapacityFigure, error) {
	q := h.exp.Capacity
	f := reports.CapacityFigure{Fault: faultWords(fault), Trials: []reports.CapacityTrial{}}
	s := &search.Search{From: q.From, To: q.To, Poisson: h.exp.Arrivals == configs.Poisson}
	service := 1.0 // s, until the first trial tells
	void := 0      // trials in a row
	for done, _ := s.Done(); !done; done, _ = s.Done() {
		plan := s.Next()
		name := filepath.Join(folder(fault, index), fmt.Sprintf("trial-%02d", len(f.Trials)+1))
		h.begin(f.Fault, plan)
		t, why, err := h.make(ctx, plan, fault, service, name)
		if err != nil || why != "" {
			f.Why = why
			if err != nil {
				f.Why = err.Error()
			}
			fmt.Fprintln(h.progress, f.Why)
			return f, err
		}
		if t.Void == "" {
			if t.ServiceS != nil && len(s.Trials()) == 0 {
				service = *t.ServiceS
			}
			tell(s, plan, &t)
			void = 0
		} else {
			void++
		}
		fmt.Fprintln(h.progress, t.Verdict())
		f.Trials, f.LoadS = append(f.Trials, t), f.LoadS+t.LoadS
		if void == mostVoid {
			f.Why = fmt.Sprintf("%d trials in a row did not count, the last at %.4g/s: %s", void, t.RateHz, t.Void)
			return f, nil
		}
		if !t.Held {
			if why := h.recover(ctx); why != "" {
				f.Why = why
				return f, context.Cause(ctx)
			}
		}
	}
	conclude(s, &f)
	return f, nil
}

// tell lets the search judge a trial.
func tell(s *search.Search, p search.Plan, t *reports.CapacityTrial) {
	told := outcome(p, *t)
	s.Tell(told)
	if t.Held = s.Held(told); !t.Held && told.Growing() {
		t.Why = strings.TrimPrefix(t.Why+fmt.Sprintf("; the queue grew by %.2g requests/s", *t.GrowthHz), "; ")
	}
}

// conclude takes the search's result.
func conclude(s *search.Search, f *reports.CapacityFigure) {
	low, high := s.Bracket()
	if low > 0 {
		f.LowHz = &low
	}
	for i := range f.Trials {
		if t := &f.Trials[i]; !t.Held && t.Void == "" && t.RateHz <= high*1.0001 {
			f.HighHz, f.Limit = &high, t.Why
		}
	}
	if f.HighHz == nil && !math.IsInf(high, 1) {
		f.HighHz, f.Limit = &high, "more than the site serves for long: see its good answers under too much load"
	}
	if _, found := s.Done(); !found {
		f.Why = fmt.Sprintf("%d trials did not come to one answer: the site carries the same rate at one time and not at another", len(f.Trials))
		return
	}
	if rate := s.Rate(); low > 0 {
		f.RateHz = &rate
	}
}

// recover waits until the site answers as well as it did at rest, three times
// in a row. It returns why it does not.
func (h *hunt) recover(ctx context.Context) (why string) {
	rest, err := h.trial(search.Plan{RateHz: h.exp.Capacity.From, Seconds: 1}, nil)
	if err != nil {
		return err.Error()
	}
	told := false
	for begun, good := time.Now(), 0; good < 3; {
		took, err := answer(ctx, rest)
		switch {
		case ctx.Err() != nil:
			return "interrupted"
		case err == nil && took < 2*h.well+100*time.Millisecond:
			good++
		case time.Since(begun) > recoveryTimeout:
			return fmt.Sprintf("the site was not well again %v after a trial had ended", recoveryTimeout)
		default:
			good = 0
			if !told && time.Since(begun) > worthSaying {
				fmt.Fprintf(h.progress, "waiting for up to %v until the site is well again\n", recoveryTimeout)
				told = true
			}
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
	return ""
}

// answer returns how long the target takes for the first request of the mix.
func answer(ctx context.Context, exp *configs.Experiment) (time.Duration, error) {
	begun := time.Now()
	unexpected, err := harness.Preflight(ctx, exp)
	if err == nil && unexpected != "" {
		err = fmt.Errorf("try target %s: it answers %s", exp.Target.Bare(), unexpected)
	}
	return time.Since(begun), err
}

// begin prints what is tried next; what came of it ends the line.
func (h *hunt) begin(fault string, p search.Plan) {
	if fault != "" {
		fault += ": "
	}
	fmt.Fprintf(h.progress, "%s%.4g/s for %.0f s: ", fault, p.RateHz, p.Seconds)
}

// faultWords names a fault: "payments: latency 1s".
func faultWords(f *configs.Fault) string {
	if f == nil {
		return ""
	}
	text := f.Dependency + ": " + strings.ReplaceAll(f.Kind(), "_", " ")
	if f.Latency != nil && f.Latency.Delay.To > 0 {
		text += " " + f.Latency.Delay.To.String()
	}
	return text
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// folder is where the trials under a fault lie.
func folder(f *configs.Fault, index int) string {
	if f == nil {
		return "no-fault"
	}
	return fmt.Sprintf("%d-%s-%s", index+1, unsafe.ReplaceAllString(f.Dependency, "-"), f.Kind())
}
