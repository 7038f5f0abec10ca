package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// listed is a package as go list tells of it.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly                 bool
}

// goPackage is a package whose code is changed.
type goPackage struct {
	Path, Dir string
	files     map[string]*ast.File // by absolute name
	sources   map[string][]byte
	fset      *token.FileSet
	imports   types.Importer
	testers   []string // other packages whose tests are of this one as well
}

// load reads the packages that the patterns name, as seen from a folder.
func load(ctx context.Context, dir string, patterns []string) ([]*goPackage, error) {
	list, err := list(ctx, dir, patterns)
	if err != nil {
		return nil, err
	}
	exports := map[string]string{}
	for _, l := range list {
		exports[l.ImportPath] = l.Export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var packages []*goPackage
	for _, l := range list {
		if l.DepOnly {
			continue
		}
		p := &goPackage{Path: l.ImportPath, Dir: l.Dir, files: map[string]*ast.File{}, sources: map[string][]byte{}, fset: fset, imports: imports}
		for _, name := range l.GoFiles {
			if err := p.read(filepath.Join(l.Dir, name)); err != nil {
				return nil, err
			}
		}
		if err := p.check(p.files); err != nil {
			return nil, fmt.Errorf("read package %s: %w", p.Path, err)
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// list asks go list, which also compiles what the packages import.
func list(ctx context.Context, dir string, patterns []string) ([]listed, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly"}, patterns...)...)
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w: %s", err, bytes.TrimSpace(errs.Bytes()))
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("list packages: %w", err)
		}
		all = append(all, l)
	}
}

// findTesters notes at each package which of those named depend on it.
func findTesters(ctx context.Context, dir string, named []string, packages []*goPackage) error {
	for _, pattern := range named {
		all, err := list(ctx, dir, []string{pattern})
		if err != nil {
			return err
		}
		depends := map[string]bool{}
		for _, l := range all {
			depends[l.ImportPath] = l.DepOnly
		}
		for _, l := range all {
			for _, p := range packages {
				if !l.DepOnly && depends[p.Path] {
					p.testers = append(p.testers, l.ImportPath)
				}
			}
		}
	}
	return nil
}

func (p *goPackage) read(name string) error {
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(p.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	p.files[name], p.sources[name] = f, src
	return nil
}

// changes returns all changes of the package's files but generated ones.
func (p *goPackage) changes() []change {
	var all []change
	for name, f := range p.files {
		if !ast.IsGenerated(f) {
			all = append(all, changesOf(p.fset, f, p.sources[name])...)
		}
	}
	return all
}

// compiles reports whether the package still compiles with the change.
func (p *goPackage) compiles(c change) bool {
	changed, err := parser.ParseFile(p.fset, c.File, c.applied(p.sources[c.File]), parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	files := maps.Clone(p.files)
	files[c.File] = changed
	return p.check(files) == nil
}

// check returns why files are no package that compiles.
func (p *goPackage) check(files map[string]*ast.File) error {
	config := types.Config{Importer: p.imports}
	_, err := config.Check(p.Path, p.fset, slices.Collect(maps.Values(files)), nil)
	return err
}
