package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/guards"
	"github.com/tailback/tailback/internal/harness"
	"github.com/tailback/tailback/reports/words"
)

func newCheck() *cobra.Command {
	var o overrides
	var preflight bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check an experiment file, sending nothing",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			exp, err := o.load(args[0])
			if err != nil {
				return err
			}
			if err := harness.Supported(exp); err != nil {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %v\n", err)
			}
			for _, text := range guards.Unjudged(exp) {
				fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s: %s\n", args[0], text)
			}
			for _, plain := range exp.PlainSecrets() {
				plain.File = args[0]
				fmt.Fprintf(cmd.ErrOrStderr(), "warning: %v\n", plain)
			}
			if preflight {
				unexpected, err := harness.Preflight(cmd.Context(), exp)
				if err != nil {
					return failed(cmd.Context(), err)
				}
				if unexpected != "" {
					fmt.Fprintf(cmd.ErrOrStderr(), "note: request %s was answered %s, which is not what it expects\n", exp.Requests[0].Name, unexpected)
				}
			}
			faults := 0
			for _, p := range exp.Phases {
				faults += len(p.Faults)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: ok: %s, %s in %s, %s, %s\n",
				args[0], exp.Name, words.Number(int64(len(exp.Phases)), "phase"), exp.Duration().Round(time.Millisecond),
				words.Number(int64(faults), "fault"), words.Number(int64(len(exp.Objectives)), "objective"))
			return err
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&preflight, "preflight", false, "also connect: ports free, dependencies and target reachable, descriptors enough")
	return cmd
}
