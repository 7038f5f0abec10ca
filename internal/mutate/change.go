package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// change is one small fault that is put into a file: the bytes from From to To
// are replaced.
type change struct {
	File     string // absolute
	Line     int    // of From, from 1
	From, To int    // offsets
	New      string
	What     string // in words: "< becomes <="
}

// applied returns the file's source with the change.
func (c change) applied(src []byte) []byte {
	return slices.Concat(src[:c.From], []byte(c.New), src[c.To:])
}

// diff shows the lines that the change touches, before and after.
func (c change) diff(src []byte) string {
	first := strings.LastIndexByte(string(src[:c.From]), '\n') + 1
	last := len(src)
	if n := strings.IndexByte(string(src[c.To:]), '\n'); n >= 0 {
		last = c.To + n
	}
	var b strings.Builder
	for _, side := range []struct{ sign, text string }{
		{"-", string(src[first:last])},
		{"+", string(src[first:c.From]) + c.New + string(src[c.To:last])},
	} {
		for line := range strings.Lines(side.text) {
			if line = strings.TrimRight(line, " \t\n"); line != "" {
				b.WriteString(side.sign + line + "\n")
			}
		}
	}
	return b.String()
}

// where is the change's place as an editor takes it, relative to a folder.
func (c change) where(root string) string {
	name, err := filepath.Rel(root, c.File)
	if err != nil {
		name = c.File
	}
	return fmt.Sprintf("%s:%d", name, c.Line)
}

// finder collects the changes of one file.
type finder struct {
	file  *token.File
	src   []byte
	found []change
}

// changesOf returns all changes of a file, in no order. Not all of them compile.
func changesOf(fset *token.FileSet, f *ast.File, src []byte) []change {
	fd := &finder{file: fset.File(f.FileStart), src: src}
	ast.Inspect(f, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.IMPORT {
			return false
		}
		fd.expression(n)
		fd.statement(n)
		return true
	})
	return fd.found
}

func (fd *finder) add(from, to token.Pos, text, what string, args ...any) {
	fd.found = append(fd.found, change{fd.file.Name(), fd.file.Line(from), fd.file.Offset(from), fd.file.Offset(to), text, fmt.Sprintf(what, args...)})
}

// text returns a node's source.
func (fd *finder) text(n ast.Node) string {
	return string(fd.src[fd.file.Offset(n.Pos()):fd.file.Offset(n.End())])
}

// replaced are operators, and the one that each becomes.
var replaced = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN,
	token.INC: token.DEC, token.DEC: token.INC,
}

func (fd *finder) operator(pos token.Pos, op token.Token) {
	if to, ok := replaced[op]; ok {
		fd.add(pos, pos+token.Pos(len(op.String())), to.String(), "%s becomes %s", op, to)
	}
}

// swapped are names, and the one that each becomes.
var swapped = map[string]string{"min": "max", "max": "min", "Min": "Max", "Max": "Min", "true": "false", "false": "true"}

func (fd *finder) expression(n ast.Node) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		fd.operator(n.OpPos, n.Op)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			fd.add(n.Pos(), n.X.Pos(), "", "! is dropped")
		}
	case *ast.BasicLit:
		fd.literal(n)
	case *ast.Ident:
		if to, ok := swapped[n.Name]; ok {
			fd.add(n.Pos(), n.End(), to, "%s becomes %s", n.Name, to)
		}
	case *ast.CallExpr:
		fd.arguments(n)
	}
}

// literal makes a number another one. Numbers in other than plain digits are
// masks and modes, of which one more means nothing.
func (fd *finder) literal(n *ast.BasicLit) {
	if len(n.Value) > 1 && n.Value[0] == '0' && n.Value[1] != '.' {
		return
	}
	switch n.Kind {
	case token.INT:
		if v, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			fd.add(n.Pos(), n.End(), strconv.FormatInt(v+1, 10), "%s becomes %d", n.Value, v+1)
		}
	case token.FLOAT:
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			to := strconv.FormatFloat(2*v, 'g', -1, 64)
			fd.add(n.Pos(), n.End(), to, "%s becomes %s", n.Value, to)
		}
	}
}

// arguments swaps each two neighbours. The order of those of min and max means nothing.
func (fd *finder) arguments(n *ast.CallExpr) {
	if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "min" || name.Name == "max") {
		return
	}
	for i := 1; i < len(n.Args); i++ {
		a, b := n.Args[i-1], n.Args[i]
		if first, second := fd.text(a), fd.text(b); first != second {
			between := string(fd.src[fd.file.Offset(a.End()):fd.file.Offset(b.Pos())])
			fd.add(a.Pos(), b.End(), second+between+first, "arguments %d and %d are swapped", i, i+1)
		}
	}
}

func (fd *finder) statement(n ast.Node) {
	switch n := n.(type) {
	case *ast.IfStmt:
		fd.condition(n.Cond)
		fd.body(n.Body.Lbrace+1, n.Body.Rbrace, n.Body.List, "the branch is emptied")
		if n.Else != nil {
			fd.add(n.Body.End(), n.Else.End(), "", "the else is dropped")
		}
	case *ast.BlockStmt:
		fd.each(n.List)
	case *ast.CaseClause:
		fd.body(n.Colon+1, n.End(), n.Body, "the case is emptied")
		fd.each(n.Body)
	case *ast.CommClause:
		fd.each(n.Body)
	case *ast.AssignStmt:
		fd.operator(n.TokPos, n.Tok)
	case *ast.IncDecStmt:
		fd.operator(n.TokPos, n.Tok)
	}
}

// condition negates, unless another change does the same.
func (fd *finder) condition(cond ast.Expr) {
	switch c := cond.(type) {
	case *ast.UnaryExpr:
		if c.Op == token.NOT {
			return
		}
	case *ast.BinaryExpr:
		if c.Op == token.EQL || c.Op == token.NEQ {
			return
		}
	}
	fd.add(cond.Pos(), cond.End(), "!("+fd.text(cond)+")", "the condition is negated")
}

// body empties a list of statements; one statement alone is dropped by each.
func (fd *finder) body(from, to token.Pos, list []ast.Stmt, what string) {
	if len(list) > 1 || len(list) == 1 && !droppable(list[0]) {
		fd.add(from, to, "", "%s", what)
	}
}

// each drops one statement of a list.
func (fd *finder) each(list []ast.Stmt) {
	for _, s := range list {
		if droppable(s) {
			fd.add(s.Pos(), s.End(), "", "the statement is dropped")
		}
	}
}

func droppable(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.BranchStmt, *ast.DeferStmt, *ast.SendStmt, *ast.GoStmt:
		return true
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE
	}
	return false
}
