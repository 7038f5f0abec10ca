package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tailback/tailback/configs/starter"
)

// complete asks for what no flag has given, when a person is there to answer and
// something is missing. Else a flag that is missing is an error.
func complete(cmd *cobra.Command, a *starter.Answers) error {
	missing := missingFlags(a)
	if missing == "" {
		return nil
	}
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return usage(fmt.Errorf("write experiment: no terminal to ask at, and no %s; write it like: tailback init --url https://staging.example.com --dependency payments=api.pay.example:443", missing))
	}
	signal.Reset() // nothing is to be undone: Ctrl-C ends it at once
	return ask(in, cmd.ErrOrStderr(), a, cmd.Flags().Changed)
}

func missingFlags(a *starter.Answers) string {
	var missing []string
	if a.URL == "" {
		missing = append(missing, "--url")
	}
	if len(a.Dependencies) == 0 {
		missing = append(missing, "--dependency")
	}
	return strings.Join(missing, " and no ")
}

// asked is one of those that are asked.
type asked struct {
	flag, text, otherwise string // otherwise is what an empty answer stands for
	take                  func(a *starter.Answers, answer string) error
}

var questions = []asked{
	{"url", "Address of the staging site (never the live one)", "http://127.0.0.1:8081", func(a *starter.Answers, answer string) error {
		a.URL = answer
		return nil
	}},
	{"path", "Path of a page that calls what is to hang", "/", func(a *starter.Answers, answer string) error {
		a.Path = answer
		return nil
	}},
	{"dependency", "What it calls, as name=host:port, several with spaces between", "", func(a *starter.Answers, answer string) error {
		a.Dependencies = nil
		for _, text := range strings.Fields(answer) {
			d, err := starter.ParseDependency(text)
			if err != nil {
				return err
			}
			a.Dependencies = append(a.Dependencies, d)
		}
		if len(a.Dependencies) == 0 {
			return errors.New("at least one is needed, such as payments=api.pay.example:443")
		}
		return nil
	}},
	{"expect", "Text that a good answer holds (empty: any 2xx or 3xx is good)", "", func(a *starter.Answers, answer string) error {
		a.Expect = answer
		return nil
	}},
	{"rate", "Requests per second", strconv.Itoa(starter.DefaultRate), func(a *starter.Answers, answer string) (err error) {
		a.Rate, err = strconv.ParseFloat(answer, 64)
		if err != nil {
			return fmt.Errorf("%q is no number", answer)
		}
		return nil
	}},
}

// ask asks each question that no flag has answered, again until the answer is good.
func ask(in io.Reader, out io.Writer, a *starter.Answers, given func(flag string) bool) error {
	lines := bufio.NewScanner(in)
	for _, q := range questions {
		if given(q.flag) {
			continue
		}
		for {
			fmt.Fprintf(out, "%s: ", q.text)
			if q.otherwise != "" {
				fmt.Fprintf(out, "[%s] ", q.otherwise)
			}
			if !lines.Scan() {
				return usage(errors.Join(errors.New("write experiment: the answers ended early, and nothing was written"), lines.Err()))
			}
			answer := strings.TrimSpace(lines.Text())
			if answer == "" {
				answer = q.otherwise
			}
			err := q.take(a, answer)
			if err == nil {
				err = starter.Check(*a)
			}
			if err == nil {
				break
			}
			fmt.Fprintf(out, "  %v\n", err)
		}
	}
	return nil
}
