package traffic

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// commands are the command lines of curl in a shell script, as curl gets them.
type commands struct {
	lines  []command
	others []string // commands that are not curl's
}

type command struct {
	line int
	args []string // behind the command's name
}

// A shell variable in a word becomes its name between these two, of the characters
// that Unicode leaves to private use.
const (
	variableOpen  = "\ue000"
	variableClose = "\ue001"
)

// variableMark finds such a name, also as it is escaped in a URL or a YAML text.
var variableMark = regexp.MustCompile(`(?:\x{e000}|%EE%80%80|\\uE000)([A-Za-z_][A-Za-z0-9_]*)(?:\x{e001}|%EE%80%81|\\uE001)`)

var variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// shellVariable returns the name when a text is a variable and nothing else.
func shellVariable(text string) (name string, ok bool) {
	name, ok = strings.CutPrefix(text, variableOpen)
	if ok {
		name, ok = strings.CutSuffix(name, variableClose)
	}
	return name, ok && variableForm.MatchString(name)
}

var prompt = regexp.MustCompile(`(?m)^\s*\$ `)

// parseShell reads a script. Nothing in it is run: variables stay what they are, and
// what would be run to make a word is refused.
func parseShell(text string) (commands, error) {
	var c commands
	if strings.Contains(text, " ^\n") || strings.Contains(text, " ^\r\n") {
		return c, errors.New("it was copied for Windows' cmd; copy it as cURL (bash)")
	}
	text = strings.NewReplacer(variableOpen, "?", variableClose, "?").Replace(text)
	text = strings.ReplaceAll(prompt.ReplaceAllString(text, ""), "\r\n", "\n")
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if parsed, ok := errors.AsType[syntax.ParseError](err); ok {
		return c, fmt.Errorf("line %d: is no shell command: %s", parsed.Pos.Line(), parsed.Text)
	} else if err != nil {
		return c, errors.New("it is no shell command")
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if ok && len(call.Args) > 0 && err == nil {
			err = c.add(call)
		}
		return err == nil
	})
	return c, err
}

func (c *commands) add(call *syntax.CallExpr) error {
	line := int(call.Pos().Line())
	name := call.Args[0].Lit()
	if base := strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".exe"); base != "curl" {
		if name == "" {
			name = "a command"
		}
		c.others = append(c.others, fmt.Sprintf("%s in line %d", hidden(name), line))
		return nil
	}
	args := make([]string, 0, len(call.Args))
	for _, word := range call.Args[1:] {
		text, err := wordText(word)
		if err != nil {
			return fmt.Errorf("line %d: %w", word.Pos().Line(), err)
		}
		args = append(args, text)
	}
	c.lines = append(c.lines, command{line, args})
	return nil
}

// wordText is a word as the command gets it.
func wordText(word *syntax.Word) (text string, err error) {
	for _, part := range word.Parts {
		if !expandable(part) {
			return "", errors.New("a word is made by a command or a calculation, such as $(...): put its result there, or a variable")
		}
	}
	environ := expand.FuncEnviron(func(name string) string {
		if !variableForm.MatchString(name) {
			return ""
		}
		return variableOpen + name + variableClose
	})
	return expand.Literal(&expand.Config{Env: environ, CmdSubst: func(io.Writer, *syntax.CmdSubst) error { return errors.New("is a command") }}, word)
}

// expandable reports whether a part of a word is text or a plain variable.
func expandable(part syntax.WordPart) bool {
	switch p := part.(type) {
	case *syntax.Lit, *syntax.SglQuoted:
		return true
	case *syntax.DblQuoted:
		for _, inner := range p.Parts {
			if !expandable(inner) {
				return false
			}
		}
		return true
	case *syntax.ParamExp:
		return p.Param != nil && variableForm.MatchString(p.Param.Value) && !p.Excl && !p.Length && !p.Width && p.Index == nil &&
			p.Slice == nil && p.Repl == nil && p.Names == 0 && p.Exp == nil
	}
	return false
}
