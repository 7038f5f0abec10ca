package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/harness"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "tailback %s %s %s/%s\n", harness.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
