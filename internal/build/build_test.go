package build

import (
	"runtime/debug"
	"testing"
)

// What the go command puts into a program, and what that is called.
func TestVersion(t *testing.T) {
	const revision = "25989e5f1c2ad0c0ffee25989e5f1c2ad0c0ffee"
	for _, row := range []struct{ what, path, main, revision, modified, want string }{
		{"a release that was installed", module, "v1.2.3", "", "", "1.2.3"},
		{"a commit behind a release", module, "v1.2.4-0.20261128214600-25989e5f1c2a", revision, "false", "1.2.4-0.20261128214600-25989e5f1c2a"},
		{"a tree without tags", module, "v0.0.0-20261128214600-25989e5f1c2a", revision, "false", Release + "-dev+25989e5f1c2a"},
		{"the same with changes", module, "v0.0.0-20261128214600-25989e5f1c2a+dirty", revision, "true", Release + "-dev+25989e5f1c2a.dirty"},
		{"an older go command", module, "(devel)", revision, "true", Release + "-dev+25989e5f1c2a.dirty"},
		{"a short revision", module, "", "abc", "false", Release + "-dev+abc"},
		{"a test, or a tree without its history", module, "(devel)", "", "", Release},
		{"inside another program", "example.com/other", "v9.9.9", revision, "false", Release},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Path: row.path, Version: row.main},
			Settings: []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: row.revision}, {Key: "vcs.modified", Value: row.modified}}}
		if got := version(info); got != row.want {
			t.Errorf("%s: %s, want %s", row.what, got, row.want)
		}
	}
	if got := UserAgent(); got != "tailback/"+Version() {
		t.Errorf("calls itself %s", got)
	}
}
