package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tailback/tailback/internal/manual"
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
					_, err := fmt.Fprint(cmd.OutOrStdout(), manual.Text(page, pageWidth(cmd.OutOrStdout())))
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

// widest is the length of a line that is still read with ease.
const widest = 80

// pageWidth returns how wide a page may be printed: 80, or the terminal's width
// where that is less.
func pageWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return min(width, widest)
		}
	}
	return widest
}
