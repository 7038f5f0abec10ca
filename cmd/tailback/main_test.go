package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

func TestMain(m *testing.M) {
	testscript.Main(sideBySide{m}, map[string]func(){"tailback": main})
}

// sideBySide runs ten tests at once however few processors there are: they
// sleep nearly all of the time.
type sideBySide struct{ *testing.M }

func (m sideBySide) Run() int {
	flag.Parse()
	for _, name := range []string{"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"} { // should these tests be what runs there
		os.Unsetenv(name)
	}
	flag.Set("test.parallel", "10")
	return m.M.Run()
}

// TestScript runs testdata/script/*.txtar, each a session of the command.
// Besides testscript's own commands there are
//
//	exits CODE PROGRAM ARG...      the program must exit with that code
//	site [go|php-fpm]              starts a staging site; sets SITE, PROXY (where its
//	                               pages call payments), PROXY2 (where those with
//	                               dep=2 call) and PAYMENTS (payments itself)
//	fill FILE                      puts these and the free addresses into FILE
//	taken NAME                     listens on an address and names it in $NAME
//	links PAGE                     the page must have links to reports, each to a file that is there
//	awaits FILE                    waits until a file of that name is there
//	interrupt CODE SIGN HOW PROGRAM ARG...
//	                               once SIGN is in its output, or names a file, sends the signal
//	                               HOW (INT, TERM), or makes the file of that name; it must exit
//	                               with CODE; its output is left in the file output
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"links":     cmdLinks,
			"awaits":    cmdAwaits,
			"exits":     cmdExits,
			"site":      cmdSite,
			"fill":      cmdFill,
			"taken":     cmdTaken,
			"interrupt": cmdInterrupt,
		},
	})
}

// condition knows [php-fpm]: nginx and php-fpm are on this machine.
func condition(name string) (bool, error) {
	if name != sitePHPFPM {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	site, err := phpfpm.Start(context.Background(), staging.Options{})
	if errors.Is(err, phpfpm.ErrNotInstalled) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, site.Close()
}

func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exited with %d, want %d", args[1], got, want)
	}
}

func cmdSite(ts *testscript.TestScript, _ bool, args []string) {
	kind := siteGo
	if len(args) > 0 {
		kind = args[0]
	}
	proxy, second := reserve(ts), reserve(ts)
	o := staging.Options{Dependency: proxy, Dependency2: second}
	if len(args) > 1 { // it calls its dependencies themselves, through the egress
		o = staging.Options{Proxy: "http://" + proxy}
	}
	site, err := startSite(context.Background(), kind, o)
	ts.Check(err)
	ts.Defer(func() { site.Close() })
	ts.Setenv("SITE", site.URL)
	ts.Setenv("PROXY", proxy)
	ts.Setenv("PROXY2", second)
	ts.Setenv("PAYMENTS", site.DependencyAddr)
}

// cmdFill replaces $SITE and the like in a file, which testscript leaves as it is.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("FREE", reserve(ts))
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// reserve keeps a port until the script ends; who connects is refused.
func reserve(ts *testscript.TestScript) string {
	port, err := ports.Reserve("127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { port.Close() })
	return port.Addr
}

func cmdTaken(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// cmdLinks follows the links of a page that lead to files.
func cmdLinks(ts *testscript.TestScript, _ bool, args []string) {
	links := regexp.MustCompile(`href="([^"#][^"]*report\.html)"`).FindAllStringSubmatch(ts.ReadFile(args[0]), -1)
	if len(links) == 0 {
		ts.Fatalf("%s has no links to reports", args[0])
	}
	for _, link := range links {
		file, err := url.PathUnescape(link[1])
		ts.Check(err)
		if _, err := os.Stat(filepath.Join(filepath.Dir(ts.MkAbs(args[0])), file)); err != nil {
			ts.Fatalf("%s leads nowhere: %v", link[1], err)
		}
	}
}

func cmdAwaits(ts *testscript.TestScript, _ bool, args []string) {
	if !await(func() bool { return isThere(ts, args[0]) }) {
		ts.Fatalf("no file %s came", args[0])
	}
}

// await looks again and again whether something has come, for a bounded time.
func await(come func() bool) bool {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if come() {
			return true
		}
	}
	return false
}

// isThere reports whether a file of that name, or pattern, is there.
func isThere(ts *testscript.TestScript, pattern string) bool {
	files, _ := filepath.Glob(ts.MkAbs(pattern))
	return len(files) > 0
}

// cmdInterrupt runs a command until the sign has come, then interrupts it.
func cmdInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	code, sign, how := args[0], args[1], args[2]
	path := program(ts, args[3])
	cmd := exec.Command(path, args[4:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"))
	output := ts.MkAbs("output")
	out, err := os.Create(output)
	ts.Check(err)
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	ts.Check(cmd.Start())
	came := await(func() bool {
		text, _ := os.ReadFile(output)
		return isThere(ts, sign) || strings.Contains(string(text), sign)
	})
	if signal, ok := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM}[how]; ok {
		ts.Check(cmd.Process.Signal(signal))
	} else {
		ts.Check(os.WriteFile(ts.MkAbs(how), nil, 0o600))
	}
	_ = cmd.Wait() // its exit code is looked at below
	text, _ := os.ReadFile(output)
	ts.Logf("%s", text)
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); !came || got != code {
		ts.Fatalf("%s exited with %s, want %s; %q came: %v", args[3], got, code, sign, came)
	}
}

// program looks a program up in the script's PATH.
func program(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, name); exec.Command(path, "version").Run() == nil {
			return path
		}
	}
	ts.Fatalf("no program %s", name)
	return ""
}
