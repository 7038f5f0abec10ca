// Package manual is what `tailback help TOPIC` tells. Its pages are Markdown with
// tables that are made from what the program itself goes by; configs/help has
// them as they come out.
package manual

import (
	"embed"
	"errors"
	"fmt"
	"regexp"
)

// Topic is a page of the manual.
type Topic struct {
	Name  string
	Short string // what it tells, for a list of topics
}

// Topics returns all pages, in the order in which somebody new would read them.
func Topics() []Topic {
	return []Topic{
		{"experiment", "the experiment file: every key, with its default and an example"},
		{"import", "an experiment from logs, a browser, Vegeta, OpenAPI or curl"},
		{"faults", "what can be done to a dependency, and what the site meets then"},
		{"egress", "how the site's calls are led through Tailback"},
		{"report", "what a report says, how it knows, and the exit codes"},
		{"ci", "what CI systems read: files, exit codes, recipes to copy"},
		{"history", "many nights side by side: what changed, and since when"},
		{"php", "PHP and php-fpm: sockets, timeouts, sessions, logs"},
		{"secrets", "tokens and passwords: where they come from, where they never go"},
		{"promises", "what keeps you safe, and what is kept when things break"},
	}
}

//go:embed pages/*.md
var pages embed.FS

// madeTable is where a page has a table that is made: {{keys "section"}} or {{faults}}
// alone on a line. Other braces are an experiment's placeholders.
var madeTable = regexp.MustCompile(`(?m)^\{\{(keys "([^"]*)"|faults)\}\}$`)

// Page returns the page on a topic as Markdown: a heading, paragraphs, lists,
// tables and fenced blocks.
func Page(topic string) (string, error) {
	source, err := pages.ReadFile("pages/" + topic + ".md")
	if err != nil {
		return "", fmt.Errorf("read page: %w", err)
	}
	page := madeTable.ReplaceAllStringFunc(string(source), func(call string) string {
		table := faultTable()
		if m := madeTable.FindStringSubmatch(call); m[1] != "faults" {
			var wrong error
			table, wrong = keyTable(m[2])
			err = errors.Join(err, wrong)
		}
		return table
	})
	if err != nil {
		return "", fmt.Errorf("write page %s: %w", topic, err)
	}
	return page, nil
}
