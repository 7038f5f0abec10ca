package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"
)

// Flags that several commands have are declared here, so that each is called the
// same and means the same wherever it is.

// habit says what a command leaves out with --quiet and adds with --verbose; a
// command has not the flag of which nothing is said.
type habit struct{ quiet, verbose string }

// habits are those of each command.
var habits = map[string]habit{
	"run":      {"no progress: only the report and what went wrong", timelineFirst},
	"capacity": {"no line for each trial: only the report and what went wrong", timelineFirst},
	"audit":    {"no progress: only the report and what went wrong", timelineFirst},
	"demo":     {"no progress: only the results and what went wrong", ""},
	"compare":  {"", "also list the figures that are the same, and those that can't be told and why"},
	"check":    {"no warnings and notes: only whether the file is good, and its mistakes", ""},
	"lift":     {"no notes: only what was lifted and what went wrong", ""},
	"version":  {"", "also the commit and the libraries that it was built with"},
}

const timelineFirst = "first say on stderr what will be sent and broken, and when, as --dry-run does"

// addCommon adds the common flags to all commands.
func addCommon(root *cobra.Command) {
	root.PersistentFlags().Bool("no-color", false, "no colours, as with the variable NO_COLOR (only a terminal gets any)")
	root.Version = version()
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version, as tailback version does")
	for _, cmd := range root.Commands() {
		h := habits[cmd.Name()]
		if h.quiet != "" {
			cmd.Flags().BoolP("quiet", "q", false, h.quiet)
		}
		if h.verbose != "" {
			cmd.Flags().BoolP("verbose", "v", false, h.verbose)
		}
	}
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) {
		if given(cmd, "quiet") { // errors are told by run, and results go to stdout
			cmd.SetErr(io.Discard)
		}
	}
}

// given reports whether a flag is there and set.
func given(cmd *cobra.Command, flag string) bool {
	set, err := cmd.Flags().GetBool(flag)
	return err == nil && set
}

// addOut adds the flag of a command that leaves a folder. what is in the folder,
// and byDefault the folder's name.
func addOut(cmd *cobra.Command, out *string, what, byDefault string) {
	cmd.Flags().StringVarP(out, "out", "o", "", "`folder` for "+what+"; must be absent or empty (default tailback-out/"+byDefault+"-<UTC time>)")
}

// colours reports whether what is written to w may have colours.
func colours(cmd *cobra.Command, w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && !given(cmd, "no-color")
}
