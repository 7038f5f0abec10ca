package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/build"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), version()); err != nil || !given(cmd, "verbose") {
				return err
			}
			return writeBuild(cmd.OutOrStdout())
		},
	}
}

// version is the line that names this program.
func version() string {
	return fmt.Sprintf("tailback %s %s %s/%s", build.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// writeBuild writes what the go command has put into this program.
func writeBuild(w io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		_, err := fmt.Fprintln(w, "built without module information")
		return err
	}
	changed := ""
	if build.Setting(info, "vcs.modified") == "true" {
		changed = ", with changes that are in no commit"
	}
	commit := "unknown: built without it (-buildvcs=false, or no git)"
	if revision := build.Setting(info, "vcs.revision"); revision != "" {
		commit = fmt.Sprintf("%s of %s%s", revision, build.Setting(info, "vcs.time"), changed)
	}
	_, err := fmt.Fprintf(w, "commit %s\n", commit)
	for _, m := range info.Deps {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s %s\n", m.Path, m.Version)
		}
	}
	return err
}
