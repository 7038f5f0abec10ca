package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs"
)

// addLabels adds the flag of a command that makes runs.
func addLabels(cmd *cobra.Command, given *[]string) {
	cmd.Flags().StringArrayVar(given, "label", nil, "say what the run is of, as in --label commit=abc; by default commit, branch and build as GitHub, GitLab or Jenkins tell them; an empty value leaves one out (repeatable)")
}

// label gives the runs of the experiment the labels given, and those of the CI system.
func label(cmd *cobra.Command, exp *configs.Experiment, given []string) error {
	labels, notes, err := configs.ReadLabels(given, os.Getenv)
	if err != nil {
		return usage(err)
	}
	for _, note := range notes {
		tell(cmd.ErrOrStderr(), note)
	}
	exp.Label(labels)
	return nil
}
