package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What a line may become. A dropped statement leaves nothing.
func TestChanges(t *testing.T) {
	for _, row := range []struct {
		src  string
		want []string
	}{
		{"x := a < b", []string{"x := a <= b"}},
		{"x := a == b && c", []string{"x := a != b && c", "x := a == b || c"}},
		{"x := a + b*2", []string{"x := a - b*2", "x := a + b/2", "x := a + b*3"}},
		{"x := 0.5", []string{"x := 1"}},
		{"x := 0o600", nil}, // a mode
		{"x := min(a, 9)", []string{"x := max(a, 9)", "x := min(a, 10)"}},
		{"x := math.Max(a, b)", []string{"x := math.Min(a, b)", "x := math.Max(b, a)"}},
		{"x := f(a, b, b)", []string{"x := f(b, a, b)"}},
		{"x := !a", []string{"x := a"}},
		{"x := true", []string{"x := false"}},
		{"f(a)", []string{""}},
		{"x = a", []string{""}},
		{"x += a", []string{"x -= a", ""}},
		{"x--", []string{"x++", ""}},
		{"return a, b", nil},
		{"if a { f() }", []string{"if !(a) { f() }", "if a { }"}},
		{"if a { return b }", []string{"if !(a) { return b }", "if a {}"}},
		{"if a != b { f(); g() }", []string{"if a == b { f(); g() }", "if a != b {}", "if a != b { ; g() }", "if a != b { f(); }"}},
		{"if !a { f() } else { g() }", []string{"if a { f() } else { g() }", "if !a { f() }", "if !a { } else { g() }", "if !a { f() } else { }"}},
		{"for a { break }", []string{"for a { }"}},
		{"switch { case a: return b }", []string{"switch { case a: }"}},
	} {
		src := []byte("package p\n\nimport \"math\"\n\nfunc _() {\n\t" + row.src + "\n}\n")
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "p.go", src, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range changesOf(fset, f, src) {
			before, after, _ := strings.Cut(c.diff(src), "\n")
			if c.Line != 6 || before != "-\t"+row.src {
				t.Errorf("%s: line %d, %q", row.src, c.Line, before)
			}
			if _, err := parser.ParseFile(token.NewFileSet(), "p.go", c.applied(src), 0); err != nil {
				t.Errorf("%s: %s: %v", row.src, c.What, err)
			}
			got = append(got, strings.Join(strings.Fields(strings.TrimPrefix(after, "+")), " "))
		}
		slices.Sort(got)
		slices.Sort(row.want)
		if !slices.Equal(got, row.want) {
			t.Errorf("%s becomes\n%q, want\n%q", row.src, got, row.want)
		}
	}
}

// example loads a package of testdata.
func example(t *testing.T, name string) *goPackage {
	t.Helper()
	packages, err := load(t.Context(), "testdata", []string{"./" + name})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != 1 || packages[0].Path != "example/"+name {
		t.Fatalf("%d packages", len(packages))
	}
	return packages[0]
}

// Each verdict is met, and the file stays as it was.
func TestVerdicts(t *testing.T) {
	p := example(t, "counting")
	file := filepath.Join(p.Dir, "counting.go")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		diff string
		want verdict
	}{
		{"-\t\tif v < limit {\n+\t\tif v <= limit {\n", caught},
		{"-\t\tif v > limit {\n+\t\tif v >= limit {\n", survived}, // nobody asks for the limit itself
		{"-\t\tn += 1\n", timedOut},                               // never gets there
		{"-const size = 3\n+const size = 4\n", unbuilt},           // the test has an array of 3
		{"-\t\tcontinue\n", survived},                             // makes no difference
	} {
		i := slices.IndexFunc(p.changes(), func(c change) bool { return c.diff(before) == row.diff })
		if i < 0 {
			t.Errorf("no change\n%s", row.diff)
			continue
		}
		c := p.changes()[i]
		if !p.compiles(c) {
			t.Errorf("does not compile:\n%s", row.diff)
		}
		if got, err := try(t.Context(), p, c, 2*time.Second); got != row.want || err != nil {
			t.Errorf("%s, %v, want %s:\n%s", got, err, row.want, row.diff)
		}
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
}

// The tests of a package that depends on the changed one count when it is named.
func TestOthersTestsCount(t *testing.T) {
	for _, row := range []struct {
		with []string
		want verdict
	}{{nil, survived}, {[]string{"./using"}, caught}, {[]string{"./failing"}, survived}} { // the last does not depend on it
		p := example(t, "counting")
		if err := findTesters(t.Context(), "testdata", row.with, []*goPackage{p}); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.changes(), func(c change) bool { return c.What == "> becomes >=" })
		if got, err := try(t.Context(), p, p.changes()[i], 2*time.Second); got != row.want || err != nil {
			t.Errorf("with %q: %s, %v, want %s", row.with, got, err, row.want)
		}
	}
}

// Changes that do not compile are told without a build.
func TestCompiles(t *testing.T) {
	p := example(t, "counting")
	for _, c := range p.changes() {
		if c.What != "< becomes <=" {
			continue
		}
		for text, want := range map[string]bool{"<=": true, "&&": false, "= =": false} { // two numbers have no &&
			if c.New = text; p.compiles(c) != want {
				t.Errorf("%s compiles: %v, want %v", c.diff(p.sources[c.File]), !want, want)
			}
		}
	}
}

// The same seed draws the same changes, another seed others.
func TestDraws(t *testing.T) {
	draw := func(seed uint64) string {
		var all []string
		for _, d := range shuffled([]*goPackage{example(t, "counting")}, seed) {
			all = append(all, d.where("")+d.What)
		}
		return strings.Join(all, "\n")
	}
	one := draw(1)
	if again := draw(1); again != one {
		t.Errorf("drew\n%s\nand then\n%s", one, again)
	}
	if draw(2) == one {
		t.Error("another seed draws the same")
	}
}

// As many changes are tried as were asked for, and each that survives is shown.
func TestMutate(t *testing.T) {
	var out bytes.Buffer
	counts, err := mutate(t.Context(), options{dir: "testdata", patterns: []string{"./counting"}, n: 6, seed: 3, within: 2 * time.Second}, &out, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if n := counts[caught] + counts[timedOut] + counts[survived]; n != 6 {
		t.Errorf("%d were tried: %v", n, counts)
	}
	if shown := strings.Count(out.String(), "counting/counting.go:"); shown != counts[survived] || shown == 0 {
		t.Errorf("%d are shown of %v:\n%s", shown, counts, out.String())
	}
}

// Tests that fail anyway can't tell of a change.
func TestFailingTestsAreNoVerdict(t *testing.T) {
	_, err := mutate(t.Context(), options{dir: "testdata", patterns: []string{"./failing"}, n: 1, within: time.Minute}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "do not pass without a change (caught)") || !strings.Contains(err.Error(), "two is not two") {
		t.Errorf("got %v", err)
	}
}
