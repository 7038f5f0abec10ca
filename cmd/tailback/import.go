package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tailback/tailback/internal/traffic"
)

func newImport() *cobra.Command {
	var o traffic.Options
	var from, output string
	var force bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Write an experiment from logs, a browser's recording, or curl",
		Long: `Import reads what you have of your traffic and writes a commented experiment to
standard output, or to a file with --output: an access log of nginx or Apache
(a mix of requests with weights and rates), a recording of a browser (HAR: a
visit), Vegeta's targets, an OpenAPI 3 description, or command lines of curl.
What it is is told by its content. FILE may be compressed by gzip; - is standard
input.

It sends nothing. Passwords, tokens and cookies become {env: NAME}, and the file
says what to export. See tailback help import.`,
		Example: `  tailback import access.log.gz --url https://staging.shop.example
  tailback import checkout.har > checkout.yaml
  pbpaste | tailback import -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Kind, o.Name = traffic.Kind(from), args[0]
			if output != "" {
				if err := writable(output, force); err != nil {
					return usage(err)
				}
				o.Folder = filepath.Dir(output)
			}
			draft, err := importFrom(cmd.InOrStdin(), o)
			if err != nil {
				return usage(err)
			}
			content, err := draft.YAML(output)
			if err != nil {
				return usage(err)
			}
			return writeImport(cmd, output, draft, content)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "what FILE is, when it is not told rightly by its content: "+kinds())
	cmd.Flags().StringVar(&o.URL, "url", "", "address of the staging site (default: what FILE says; an access log says none)")
	cmd.Flags().StringVar(&output, "output", "", "`file` to write (default standard output)")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the file of --output")
	cmd.Flags().BoolVar(&o.KeepQueries, "keep-queries", false, "keep the values of queries in an access log, but those with the names of secrets")
	cmd.Flags().IntVar(&o.Top, "top", traffic.DefaultTop, "how many of an access log's requests to write, the most frequent first")
	return cmd
}

func kinds() string {
	var names []string
	for _, k := range traffic.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// writable is free for a file that may be there with force.
func writable(path string, force bool) error {
	err := free(path)
	if _, missing := os.Lstat(path); err == nil || !force || missing != nil {
		return err
	}
	if extension := filepath.Ext(path); extension != ".yaml" && extension != ".yml" {
		return err
	}
	return nil
}

func importFrom(stdin io.Reader, o traffic.Options) (*traffic.Draft, error) {
	if o.Top < 1 {
		return nil, fmt.Errorf("read --top: it needs to be at least 1, not %d", o.Top)
	}
	if o.Name == "-" {
		o.Name = "standard input"
		return traffic.Read(stdin, o)
	}
	f, err := os.Open(o.Name)
	if err != nil {
		return nil, fmt.Errorf("read what to import: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("read %s: it is a folder; name a file in it", o.Name)
	}
	o.Name = filepath.Base(o.Name)
	return traffic.Read(f, o)
}

// writeImport writes the experiment, and tells what is to know of it.
func writeImport(cmd *cobra.Command, output string, draft *traffic.Draft, content []byte) error {
	for _, note := range draft.Notes {
		tell(cmd.ErrOrStderr(), "note: "+note)
	}
	if output == "" {
		_, err := cmd.OutOrStdout().Write(content)
		return err
	}
	if err := replace(output, content); err != nil {
		return failed(cmd.Context(), err)
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "wrote %s: %s\n", output, draft.Sum())
	if draft.Guessed {
		fmt.Fprintln(w, "put your staging site's address where it says CHANGE (or give --url)")
	}
	fmt.Fprintln(w, "\nnext, read it, and")
	for _, s := range draft.Needed() {
		fmt.Fprintf(w, "  export %s=...\n", s.Name)
	}
	_, err := fmt.Fprintf(w, "  tailback check --preflight %s\n  tailback run %s\n", output, output)
	return err
}

// replace writes a file anew: until all of it is there, what was there before stays.
func replace(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tailback-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
