package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/manual"
	"github.com/tailback/tailback/reports/words"
)

// newHelp tells of a topic or a command. A topic wins: a command's flags are told
// by its own --help as well.
func newHelp() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "help [TOPIC or COMMAND]",
		Short: "Read the manual, or about a command",
		Long:  "Help prints a page of the manual:\n\n" + topicList() + "\nor what a command does. With neither it lists the commands.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if page, err := manual.Page(args[0]); err == nil {
					_, err := fmt.Fprint(cmd.OutOrStdout(), manual.Text(page, min(columnsOf(cmd.OutOrStdout()), words.Columns)))
					return err
				}
			}
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage(fmt.Errorf("help on %q: there is no such topic or command; topics are %s", strings.Join(args, " "), topicNames()))
			}
			of.InitDefaultHelpFlag()
			return of.Help()
		},
	}
	for _, t := range manual.Topics() {
		cmd.ValidArgs = append(cmd.ValidArgs, cobra.CompletionWithDesc(t.Name, t.Short))
	}
	return cmd
}

func topicList() string {
	var list strings.Builder
	for _, t := range manual.Topics() {
		fmt.Fprintf(&list, "  %-11s %s\n", t.Name, t.Short)
	}
	return list.String()
}

func topicNames() string {
	var names []string
	for _, t := range manual.Topics() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}
