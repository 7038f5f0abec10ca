package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tailback": main})
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
//	interrupt CODE SIGN PROGRAM ARG...
//	                               sends SIGINT once SIGN is in its output, or names a file;
//	                               it must exit with CODE; its output is left in the file output
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
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
	proxy, err := freeAddr()
	ts.Check(err)
	second, err := freeAddr()
	ts.Check(err)
	site, err := startSite(context.Background(), kind, staging.Options{Dependency: proxy, Dependency2: second})
	ts.Check(err)
	ts.Defer(func() { site.Close() })
	ts.Setenv("SITE", site.URL)
	ts.Setenv("PROXY", proxy)
	ts.Setenv("PROXY2", second)
	ts.Setenv("PAYMENTS", site.DependencyAddr)
}

// cmdFill replaces $SITE and the like in a file, which testscript leaves as it is.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	free, err := freeAddr()
	ts.Check(err)
	ts.Setenv("FREE", free)
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

func cmdTaken(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// cmdInterrupt runs a command until the sign has come, then interrupts it.
func cmdInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	code, sign := args[0], args[1]
	path := program(ts, args[2])
	cmd := exec.Command(path, args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"))
	output := ts.MkAbs("output")
	out, err := os.Create(output)
	ts.Check(err)
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	ts.Check(cmd.Start())
	came := false
	for deadline := time.Now().Add(30 * time.Second); !came && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(output)
		files, _ := filepath.Glob(ts.MkAbs(sign))
		came = len(files) > 0 || strings.Contains(string(text), sign)
	}
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait() // its exit code is looked at below
	text, _ := os.ReadFile(output)
	ts.Logf("%s", text)
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); !came || got != code {
		ts.Fatalf("%s exited with %s, want %s; %q came: %v", args[2], got, code, sign, came)
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
