package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/configs/schema"
	"github.com/tailback/tailback/configs/starter"
)

func newInit() *cobra.Command {
	var a starter.Answers
	var dependencies []string
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write an experiment to start from",
		Long: `Init writes an experiment with comments into FILE (experiment.yaml), and beside
it the schema that editors complete and check it by. At a terminal it asks for
what no flag gives; elsewhere --url and --dependency are needed. It overwrites
nothing.`,
		Example: `  tailback init
  tailback init shop.yaml --url https://staging.example.com --path /checkout \
    --dependency payments=api.pay.example:443 \
    --dependency mariadb=10.0.0.7:3306`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "experiment.yaml"
			if len(args) > 0 {
				path = args[0]
			}
			if err := free(path); err != nil {
				return usage(err)
			}
			for _, text := range dependencies {
				d, err := starter.ParseDependency(text)
				if err != nil {
					return usage(err)
				}
				a.Dependencies = append(a.Dependencies, d)
			}
			if err := complete(cmd, &a); err != nil {
				return err
			}
			content, err := starter.Write(path, schema.File, a)
			if err != nil {
				return usage(err)
			}
			return writeStarter(cmd, path, content)
		},
	}
	cmd.Flags().StringVar(&a.URL, "url", "", "address of the staging site, as in https://staging.example.com")
	cmd.Flags().StringVar(&a.Path, "path", "", "path of a page that calls the dependencies (default /)")
	cmd.Flags().StringArrayVar(&dependencies, "dependency", nil, "what the site calls, as in payments=api.pay.example:443 (repeatable)")
	cmd.Flags().StringVar(&a.Expect, "expect", "", "text that a good answer holds")
	cmd.Flags().Float64Var(&a.Rate, "rate", starter.DefaultRate, "requests per second")
	return cmd
}

// free checks that a file of that name can be written, and is none yet.
func free(path string) error {
	if extension := filepath.Ext(path); extension != ".yaml" && extension != ".yml" {
		return fmt.Errorf("write %s: it is written as YAML; give it a name that ends in .yaml", path)
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("write %s: it is there already, and nothing is overwritten; give another name", path)
	}
	return nil
}

// writeStarter writes the experiment and the schema beside it, and says what comes next.
func writeStarter(cmd *cobra.Command, path string, content []byte) error {
	text, err := schema.JSON()
	if err != nil {
		return failed(cmd.Context(), err)
	}
	beside := filepath.Join(filepath.Dir(path), schema.File)
	if err := writeNew(path, content); err != nil {
		return failed(cmd.Context(), err)
	}
	wrote := path + " and " + beside
	switch err := writeNew(beside, text); {
	case errors.Is(err, fs.ErrExist):
		wrote = path
		if old, _ := os.ReadFile(beside); !bytes.Equal(old, text) {
			tell(cmd.ErrOrStderr(), fmt.Sprintf("note: %s is there already and is left as it is; `tailback schema > %s` renews it", beside, beside))
		}
	case err != nil:
		return failed(cmd.Context(), err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), `wrote %s

next, let the site call its dependencies through Tailback (the file says how), and
  tailback check --preflight %s
  tailback run %s
`, wrote, path, path)
	return err
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
