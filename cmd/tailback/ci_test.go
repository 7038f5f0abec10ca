package main

import (
	"os"
	"path/filepath"
	"testing"
)

// GitHub knows files from the repository's root, wherever in it a step works.
func TestFilesInTheRepository(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	load := filepath.Join(root, "load")
	if err := os.Mkdir(load, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(load)
	for _, workspace := range []string{"", root} {
		t.Setenv("GITHUB_WORKSPACE", workspace)
		for file, want := range map[string]string{
			"":                               "",
			"nightly.yaml":                   "load/nightly.yaml",
			"../nightly.yaml":                "nightly.yaml",
			filepath.Join(load, "a b.yaml"):  "load/a b.yaml",
			"../../elsewhere.yaml":           "../../elsewhere.yaml",
			"/elsewhere/outside/nightly.yml": "/elsewhere/outside/nightly.yml",
		} {
			if workspace == "" {
				want = file
			}
			if got := inRepository(file); got != want {
				t.Errorf("with the workspace %q %s is %s, want %s", workspace, file, got, want)
			}
		}
	}
}
