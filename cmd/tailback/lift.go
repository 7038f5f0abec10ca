package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/harness"
)

func newLift() *cobra.Command {
	var server string
	cmd := &cobra.Command{
		Use:   "lift",
		Short: "Lift what runs that died have left on plain Toxiproxy servers",
		Long: `Lift undoes what runs of this user that live no more have left on plain
Toxiproxy servers, and sees that it is gone. What others have put there stays.
A server's token is read from where the run had it, or from
TOXIPROXY_AUTH_TOKEN. It exits with 3 when something could not be shown to be
lifted; it can then be called again. A tailback proxy needs no lift: it lifts
the faults of a dead run by itself.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lifted, err := harness.Lift(cmd.Context(), server)
			for _, run := range lifted.Alive {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: left alone, since it is running: %s\n", run)
			}
			for _, what := range lifted.Undone {
				fmt.Fprintf(cmd.OutOrStdout(), "lifted %s\n", what)
			}
			if err != nil {
				return failed(cmd.Context(), err)
			}
			if len(lifted.Undone) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "nothing was left")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&server, "toxiproxy", "", "only on the server at this URL")
	return cmd
}
