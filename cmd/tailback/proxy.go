package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/harness"
)

func newProxy() *cobra.Command {
	var o overrides
	var listen string
	cmd := &cobra.Command{
		Use:   "proxy FILE",
		Short: "Hold an experiment's proxies while runs come and go",
		Long: `Proxy listens where the site calls its dependencies, and goes on when no run
lasts. Runs of a file with the same chaos.toxiproxy play their faults here, one
run at a time. A run that dies or is not heard for 2 s has its faults lifted.
toxiproxy-cli and Toxiproxy's client libraries work at the same address.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			exp, err := o.load(args[0])
			if err != nil {
				return err
			}
			say := func(text string) {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s %s\n", time.Now().UTC().Format("15:04:05"), text)
			}
			ready := func(api string) {
				for _, d := range exp.Dependencies {
					if d.Listen != "" {
						fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, passed on to %s\n", d.Name, d.Listen, d.Upstream)
					}
				}
				if address := exp.Chaos.Egress.Listen; address != "" {
					fmt.Fprintf(cmd.OutOrStdout(), "egress: %s, for the site's http_proxy and https_proxy\n", address)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "runs and Toxiproxy's clients are served at http://%s; Ctrl-C ends it\n", api)
			}
			if err := harness.Proxy(cmd.Context(), exp, listen, ready, say); err != nil {
				return &exitError{code: exitFailed, err: err}
			}
			return nil // Ctrl-C is the usual end, and no failure
		},
	}
	o.addFlags(cmd)
	cmd.Flags().StringVar(&listen, "listen", "", "serve at this address instead of chaos.toxiproxy's, as in 0.0.0.0:8474, for which its clients need the token in TOXIPROXY_AUTH_TOKEN")
	return cmd
}
