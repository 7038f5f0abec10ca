// Package build tells which Tailback this program is.
package build

import (
	"cmp"
	"runtime/debug"
	"strings"
)

// Release is the release that this tree is, or leads to.
const Release = "0.1.0"

const module = "github.com/tailback/tailback"

// Version is the version of this program: "0.1.0" of a release,
// "0.1.0-dev+25989e5f1c2a" of a build between two, of which the text behind the
// plus is the commit, with ".dirty" when the tree had changes besides. A build
// that knows neither, such as a test's, is called by Release.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Release
	}
	return version(info)
}

// UserAgent is what requests of ours call themselves, unless told otherwise.
func UserAgent() string { return "tailback/" + Version() }

// version reads the version from what the go command has put into a program.
func version(info *debug.BuildInfo) string {
	if info.Main.Path != module { // Tailback as a library of another program
		return Release
	}
	v := strings.TrimPrefix(info.Main.Version, "v")
	if v != "" && v != "(devel)" && !strings.HasPrefix(v, "0.0.0-") { // else no tag is known
		return v
	}
	revision := Setting(info, "vcs.revision")
	if revision == "" {
		return Release
	}
	v = Release + "-dev+" + revision[:min(12, len(revision))]
	if Setting(info, "vcs.modified") == "true" {
		v += ".dirty"
	}
	return v
}

// Setting returns one of the build's settings, such as "vcs.time"; "" when it is not known.
func Setting(info *debug.BuildInfo, key string) (value string) {
	for _, s := range info.Settings {
		if s.Key == key {
			value = cmp.Or(value, s.Value)
		}
	}
	return value
}
