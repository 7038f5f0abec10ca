package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports"
	"github.com/tailback/tailback/reports/whatif"
	"github.com/tailback/tailback/reports/words"
)

// tooShort says, by the figures of a run, which faults are lifted before
// visitors would see an error.
func tooShort(exp *configs.Experiment, r *reports.Report, from string) []remark {
	var list []remark
	for i, p := range exp.Phases {
		for j, f := range p.Faults {
			where := fmt.Sprintf("phases[%d].faults[%d]", i, j)
			text, err := onsetOf(exp, r, p, f)
			if err != nil {
				why, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "predict: "), "; give") // no flag of this command's
				list = append(list, remark{Where: where, Text: fmt.Sprintf("when errors would begin can't be told by the figures of %s: %s", from, why)})
			} else if text != "" {
				list = append(list, remark{Where: where, Text: "by the figures of " + from + " " + text})
			}
		}
	}
	return list
}

// onsetOf predicts when errors begin under a fault. It returns what to do when
// that is after its end; nothing when they never would, or the fault is of a
// kind that the model does not know.
func onsetOf(exp *configs.Experiment, r *reports.Report, p configs.Phase, f configs.Fault) (string, error) {
	kind, _ := configs.KindOf(f.Kind())
	hang := kind.Wait == configs.WaitLifting
	if kind.At != configs.AtTrip || !hang && kind.Wait != configs.WaitDelay || !p.Open() || p.Rate.Logged != nil || f.Share < 1 { // the model knows no rate that goes up and down
		return "", nil
	}
	flags := pflag.NewFlagSet("check", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	text := textFlags(flags)
	known := figures{report: r, text: text, given: func(flag string) bool {
		return flag == "rate" || flag == "gateway-timeout" && r.Pool.GatewayTimeoutS == nil
	}}
	known.dependency = f.Dependency
	known.estimate("workers", "workers", r.Pool.Workers, wholeText, "4")
	known.estimate("queue", "queue slots", r.Pool.QueueSlots, wholeText, "17")
	known.estimate("gateway-timeout", "the gateway's timeout", r.Pool.GatewayTimeoutS, durationText, "60s")
	if r.Pool.Network != "" {
		known.set("network", r.Pool.Network, "")
	}
	known.service(known.calls(f.Dependency))
	if len(known.missing) > 0 {
		return "", known.missing[0]
	}
	*text["rate"] = strconv.FormatFloat(exp.MaxRate(p)*max(exp.MeanSteps(), 1), 'f', -1, 64)
	*text["arrivals"] = exp.Arrivals.Kind
	if !hang && f.Latency != nil {
		*text["delay"] = durationText(max(f.Latency.Delay.From, f.Latency.Delay.To).Seconds() + known.held(f.Dependency))
	}
	q, _, err := question(text, hang)
	if err != nil {
		return "", err
	}
	answer, err := whatif.Predict(*q)
	if err != nil || answer.Prediction.OnsetS == nil {
		return "", err
	}
	onset := *answer.Prediction.OnsetS
	if onset <= f.For.Seconds() {
		return "", nil
	}
	longer := time.Duration(math.Ceil(onset*1.2)) * time.Second
	come := "would come"
	if len(exp.Visits) > 0 { // the model's requests come all the same; visitors who wait send no next one
		come = "would come no sooner than"
	}
	return fmt.Sprintf("the first %d %s %s after %s on %s begins, but it lasts %s: make it last %s or more, or the rate higher",
		*answer.Prediction.OnsetCode, come, words.Span(onset), kind.Name, f.Dependency, f.For, longer), nil
}
