package configs

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Each key of each type has a row, and no row is left over. A key without one
// fails here, when Keys panics.
func TestEachKeyHasARow(t *testing.T) {
	seen := map[string]bool{}
	var walk func(keys []Key, of string)
	walk = func(keys []Key, of string) {
		for _, k := range keys {
			if seen[of+"."+k.Name] = true; of == "Latency" && slices.Contains(stepKeys, k.Name) {
				seen["Dose."+k.Name] = true
			}
			walk(k.Keys, k.Type)
		}
	}
	walk(Keys(), "Experiment")
	for name := range maps.Keys(keyRows) {
		if !seen[name] {
			t.Errorf("the row %q is about no key", name)
		}
	}
}

// A person who reads a row learns what the key says, and sees it written.
func TestRowsSayWhatPeopleNeed(t *testing.T) {
	var walk func(keys []Key)
	walk = func(keys []Key) {
		for _, k := range keys {
			switch {
			case k.Doc == "" || strings.HasSuffix(k.Doc, "."):
				t.Errorf("%s: %q is no description", k.Path, k.Doc)
			case k.Example == "" && k.Form != FormMap && k.Form != FormList:
				t.Errorf("%s has no example", k.Path)
			case k.Form == "":
				t.Errorf("%s has no form", k.Path)
			case k.Required && k.Default != "":
				t.Errorf("%s is required and has a default", k.Path)
			}
			walk(k.Keys)
		}
	}
	walk(Keys())
}

// Examples of a key's metrics and kinds can't drift from the lists themselves.
func TestRowsNameWhatThereIs(t *testing.T) {
	if doc := keyRows["Experiment.objectives"].Doc; !strings.HasSuffix(doc, "metrics: "+strings.Join(Metrics(), " ")) {
		t.Errorf("objectives: %q", doc)
	}
	if got, want := anyCase("host", "te"), "^([hH][oO][sS][tT]|[tT][eE])$"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
