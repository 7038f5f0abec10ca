package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/campaign"
	"github.com/tailback/tailback/internal/guards"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports/words"
)

func newCheck() *cobra.Command {
	var o overrides
	var c check
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check an experiment file, or with --preflight its wiring",
		Long: `Check reads an experiment file, says what is wrong with it, and what of it could
not be told by a run.

With --preflight it also sends each request once, one at a time and with every
fault off, and says what came of it: the answer, whether it is as expected,
which dependencies were called, and whether the site's logs and status page say
so. It exits with 3 when a run could not start, or would be inconclusive.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.format != "text" && c.format != "json" {
				return usage(fmt.Errorf("read --format %q: it is one of text, json", c.format))
			}
			exp, err := o.load(args[0])
			if err != nil {
				return err
			}
			return c.run(cmd, args[0], exp)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&c.preflight, "preflight", false, "also connect: ports free, dependencies and target reachable, each request sent once")
	cmd.Flags().StringVar(&c.from, "from", "", "`folder` of a run, or its report.json: by its figures, say which faults are too short for errors to begin")
	cmd.Flags().StringVar(&c.format, "format", "text", "how the result is printed: text or json")
	return cmd
}

// check is what was asked of the command.
type check struct {
	preflight    bool
	from, format string
}

// checked is what the command says. Unknown is null.
type checked struct {
	File       string           `json:"file"`
	Name       string           `json:"name"`
	OK         bool             `json:"ok"` // a run would not be inconclusive, as far as can be told
	Phases     int              `json:"phases"`
	DurationS  float64          `json:"duration_s"` // of the phases
	Faults     int              `json:"faults"`
	Objectives int              `json:"objectives"`
	Replays    string           `json:"replays,omitempty"` // what of which log
	Visits     []checkedVisit   `json:"visits,omitempty"`  // none where requests come by themselves
	Audit      *checkedAudit    `json:"audit"`
	Capacity   *checkedCapacity `json:"capacity"`
	Remarks    []remark         `json:"remarks"` // on the file
	Preflight  *wiring          `json:"preflight"`
}

type checkedAudit struct {
	RateHz       float64  `json:"rate_hz"`
	HorizonS     float64  `json:"horizon_s"`
	Dependencies []string `json:"dependencies"` // which it hangs
}

type checkedVisit struct {
	Name  string `json:"name"`
	Steps int    `json:"steps"`
}

type checkedCapacity struct {
	FromHz    float64  `json:"from_hz"`
	ToHz      float64  `json:"to_hz"`
	Objective string   `json:"objective"`
	Faults    []string `json:"faults"`
}

// remark is something to know that is no mistake. Where is a key of the file; a
// run that is spoilt would be inconclusive, or measure something else.
type remark struct {
	Where  string `json:"where,omitempty"`
	Text   string `json:"text"`
	Spoils bool   `json:"spoils"`
}

func (c *check) run(cmd *cobra.Command, file string, exp *configs.Experiment) error {
	is := newChecked(file, exp)
	if c.from != "" {
		r, err := readReport(c.from)
		if err != nil {
			return usage(err)
		}
		is.Remarks = append(is.Remarks, tooShort(exp, r, c.from)...)
	}
	if c.preflight {
		w, err := wire(cmd, exp)
		if err != nil {
			return failed(cmd.Context(), err)
		}
		is.Preflight = newWiring(w)
	}
	spoilt := is.spoilt()
	is.OK = spoilt == 0
	if err := c.print(cmd, &is); err != nil {
		return failed(cmd.Context(), fmt.Errorf("print check: %w", err))
	}
	if spoilt > 0 {
		return failed(cmd.Context(), fmt.Errorf("check %s: a run would be inconclusive, or measure something else than was asked: %s to mend", file, words.Number(int64(spoilt), "thing")))
	}
	return nil
}

// many is how many requests make a preflight long enough to say so.
const many = 5

// wire looks at the wiring, with the target to itself: what another run does to
// the dependencies would be seen here, and what is sent here would be seen there.
func wire(cmd *cobra.Command, exp *configs.Experiment) (*harness.Wiring, error) {
	unlock, err := guards.Lock(exp)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if n := len(exp.Mix()) + len(exp.Logins()); n > many {
		tell(cmd.ErrOrStderr(), fmt.Sprintf("sending each of %s once, which takes about %d s", words.Number(int64(n), "request"), n+2))
	}
	return harness.Wire(cmd.Context(), exp)
}

func newChecked(file string, exp *configs.Experiment) checked {
	is := checked{File: file, Name: exp.Name, Phases: len(exp.Phases), DurationS: exp.Duration().Seconds(), Objectives: len(exp.Objectives), Replays: exp.Arrivals.Sends(), Remarks: []remark{}}
	for _, p := range exp.Phases {
		is.Faults += len(p.Faults)
	}
	for _, v := range exp.Visits {
		is.Visits = append(is.Visits, checkedVisit{v.Name, len(v.Steps)})
	}
	if a := exp.Audit; a != nil {
		is.Audit = &checkedAudit{RateHz: a.Rate, HorizonS: a.Horizon.Seconds(), Dependencies: append([]string{}, campaign.Audited(exp)...)}
	}
	if q := exp.Capacity; q != nil {
		is.Capacity = &checkedCapacity{FromHz: q.From, ToHz: q.To, Objective: q.Objective, Faults: []string{}}
		for i := range q.Faults {
			is.Capacity.Faults = append(is.Capacity.Faults, campaign.FaultName(&q.Faults[i]))
		}
	}
	for _, text := range guards.Unjudged(exp) {
		where, text, _ := strings.Cut(text, ": ")
		is.Remarks = append(is.Remarks, remark{Where: where, Text: text})
	}
	for _, plain := range exp.PlainSecrets() {
		is.Remarks = append(is.Remarks, remark{Where: plain.Path, Text: plain.Text})
	}
	for _, shared := range exp.SharedSessions() {
		is.Remarks = append(is.Remarks, remark{Where: shared.Path, Text: shared.Text})
	}
	for _, m := range exp.ReplayRemarks() {
		is.Remarks = append(is.Remarks, remark{Where: m.Path, Text: m.Text})
	}
	for _, f := range exp.Foresee() {
		is.Remarks = append(is.Remarks, remark{f.Path, f.Text, f.Never})
	}
	return is
}

// spoilt counts what a run would be spoilt by.
func (is *checked) spoilt() (n int) {
	for _, r := range is.Remarks {
		if r.Spoils {
			n++
		}
	}
	if is.Preflight != nil {
		n += is.Preflight.spoilt
	}
	return n
}

func (c *check) print(cmd *cobra.Command, is *checked) error {
	if c.format == "json" {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(is)
	}
	for _, r := range is.Remarks {
		tell(cmd.ErrOrStderr(), fmt.Sprintf("warning: %s: %s: %s", is.File, r.Where, r.Text))
	}
	if is.Preflight != nil {
		if _, err := io.WriteString(cmd.OutOrStdout(), is.Preflight.text()); err != nil {
			return err
		}
	}
	if !is.OK {
		return nil
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: ok: %s, %s\n", is.File, is.Name, is.asks())
	return err
}

// asks says what the file asks for.
func (is *checked) asks() string {
	var parts []string
	for _, v := range is.Visits {
		parts = append(parts, fmt.Sprintf("visit %s of %s", v.Name, words.Number(int64(v.Steps), "step")))
	}
	if len(parts) > 0 {
		parts = []string{strings.Join(parts, ", ")}
	}
	if is.Phases > 0 {
		length := time.Duration(is.DurationS * float64(time.Second)).Round(time.Millisecond)
		parts = append(parts, fmt.Sprintf("%s in %s, %s, %s", words.Number(int64(is.Phases), "phase"), length,
			words.Number(int64(is.Faults), "fault"), words.Number(int64(is.Objectives), "objective")))
	}
	if is.Replays != "" {
		parts = append(parts, "replay of "+is.Replays)
	}
	if a := is.Audit; a != nil {
		parts = append(parts, fmt.Sprintf("audit of %s (%s) at %s, each hung for up to %s", counted(len(a.Dependencies), "dependency", "dependencies"),
			strings.Join(a.Dependencies, ", "), words.Asked(a.RateHz), words.Lasted(a.HorizonS)))
	}
	if q := is.Capacity; q != nil {
		under := "without a fault"
		if len(q.Faults) > 0 {
			under += " and under " + strings.Join(q.Faults, ", ")
		}
		parts = append(parts, fmt.Sprintf("capacity from %s to %s for %q, %s", words.Asked(q.FromHz), words.Asked(q.ToHz), q.Objective, under))
	}
	return strings.Join(parts, "; ")
}

// counted writes a number of things whose plural is no mere s.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
