package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs/schema"
)

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of experiment files, for editors",
		Long: `Schema prints the JSON Schema (draft-07) of experiment files. An editor with a
YAML language server completes and checks a file that begins with the line
  # yaml-language-server: $schema=` + schema.File + `
when the schema lies beside it:
  tailback schema > ` + schema.File + `
It knows what stands in the file alone; tailback check knows more.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := schema.JSON()
			if err != nil {
				return failed(cmd.Context(), err)
			}
			if _, err := cmd.OutOrStdout().Write(text); err != nil {
				return failed(cmd.Context(), fmt.Errorf("print schema: %w", err))
			}
			return nil
		},
	}
}
