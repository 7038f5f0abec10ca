package chaos

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/state"
)

// A plain Toxiproxy server keeps the toxics of a run that has died. So a run
// writes down each change before it makes it, in a file that it keeps locked
// while it lives: JSON lines, a header and then each change, once when the run
// is about to make it and once when it has undone it.
const (
	leftoverPrefix = "toxiproxy-"
	leftoverSuffix = ".jsonl"
)

// leftover is such a file: what a run has done to a server, and not undone.
type leftover struct {
	file  *os.File
	head  leftoverHead
	items []item
}

type leftoverHead struct {
	URL        string    `json:"url"`
	Run        string    `json:"run"` // part of its toxics' names
	Experiment string    `json:"experiment"`
	PID        int       `json:"pid"`
	Since      time.Time `json:"since"`
	// Where the server's token can be read again: never the token itself.
	TokenEnv  string `json:"token_env,omitempty"`
	TokenFile string `json:"token_file,omitempty"`
}

// token reads the server's token again; "" if it has none, or none can be had.
func (h leftoverHead) token() string {
	if h.TokenFile != "" {
		text, _ := os.ReadFile(h.TokenFile)
		return strings.TrimRight(string(text), "\r\n")
	}
	return cmp.Or(os.Getenv(h.TokenEnv), os.Getenv(configs.AuthTokenVariable))
}

func (h leftoverHead) String() string {
	return fmt.Sprintf("run %s, pid %d, of %s", plain(h.Experiment), h.PID, h.Since.Format(time.RFC3339))
}

// item is one change of a server: a toxic on a proxy or, without a toxic, a
// disabled proxy.
type item struct {
	Proxy  string `json:"proxy"`
	Toxic  string `json:"toxic,omitempty"`
	Undone bool   `json:"undone,omitempty"`
}

func (i item) String() string {
	if i.Toxic == "" {
		return "the disabling of proxy " + plain(i.Proxy)
	}
	return fmt.Sprintf("toxic %s on proxy %s", plain(i.Toxic), plain(i.Proxy))
}

// newLeftover begins the file of this run.
func newLeftover(url string, exp *configs.Experiment) (*leftover, error) {
	run := strings.ToLower(rand.Text()[:8])
	f, err := state.Open(leftoverPrefix+run+leftoverSuffix, os.O_EXCL)
	if err != nil {
		return nil, fmt.Errorf("note what is to be undone: %w", err)
	}
	l := &leftover{file: f, head: leftoverHead{URL: url, Run: run, Experiment: exp.Name, PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second),
		TokenEnv: exp.Chaos.Token.Env, TokenFile: exp.Chaos.Token.File}}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err = errors.Join(err, l.write(l.head), syncFolder(f.Name())); err != nil {
		return nil, errors.Join(fmt.Errorf("note what is to be undone: %w", err), l.done())
	}
	return l, nil
}

// syncFolder makes the file's name survive a crash of the machine.
func syncFolder(name string) error {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// doing notes a change that the run is about to make. It may make it only if that succeeds.
func (l *leftover) doing(i item) error {
	if err := l.write(i); err != nil {
		return fmt.Errorf("note what is to be undone: %w", err)
	}
	l.note(i)
	return nil
}

// undone notes that a change is undone. If the note can't be written the change
// is undone once more.
func (l *leftover) undone(i item) {
	i.Undone = true
	l.write(i)
	l.note(i)
}

func (l *leftover) note(i item) {
	for k, other := range l.items {
		if other.Proxy == i.Proxy && other.Toxic == i.Toxic {
			l.items = append(l.items[:k], l.items[k+1:]...)
			break
		}
	}
	if !i.Undone {
		l.items = append(l.items, i)
	}
}

func (l *leftover) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.file.Sync()
}

// done removes the file: nothing is left to undo. Another process that lifts may
// have been faster.
func (l *leftover) done() error {
	err := os.Remove(l.file.Name())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.file.Close())
}

// leftovers returns the leftovers of dead runs, their files locked, and the
// headers of living runs: on the server of the url, or on all without one.
func leftovers(url string) (dead []*leftover, alive []leftoverHead, err error) {
	var names []string
	for _, dir := range state.Dirs() {
		in, err := filepath.Glob(filepath.Join(globEscape(dir), leftoverPrefix+"*"+leftoverSuffix))
		if err != nil {
			return nil, nil, err
		}
		names = append(names, in...)
	}
	var errs []error
	for _, name := range names {
		l, locked, err := openLeftover(name)
		switch {
		case errors.Is(err, os.ErrNotExist): // another has lifted it meanwhile
		case err != nil:
			errs = append(errs, fmt.Errorf("read %s: %w", name, err))
		case url != "" && l.head.URL != url:
			l.file.Close()
		case !locked:
			alive = append(alive, l.head)
			l.file.Close()
		default:
			dead = append(dead, l)
		}
	}
	return dead, alive, errors.Join(errs...)
}

func globEscape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// openLeftover reads a file, and locks it unless its run lives. A line that a
// crash has torn is of a change that was not made yet.
func openLeftover(name string) (l *leftover, locked bool, err error) {
	f, err := state.OpenThere(name, os.O_APPEND)
	if err != nil {
		return nil, false, err
	}
	locked = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	l = &leftover{file: f}
	for n, lines := 0, bufio.NewScanner(f); lines.Scan(); n++ {
		var i item
		switch {
		case n == 0:
			json.Unmarshal(lines.Bytes(), &l.head) // torn: nothing was done
		case json.Unmarshal(lines.Bytes(), &i) == nil:
			l.note(i)
		}
	}
	return l, locked, nil
}

// Lifted is what Lift has found and done.
type Lifted struct {
	Undone []string // changes that were undone, and seen to be
	Alive  []string // runs that still live, and lift their own faults
}

// Lift undoes what dead runs have left on plain Toxiproxy servers, or on the one
// whose URL is given, and sees that it is gone. It touches neither the changes
// of a living run nor those that others have made. The error tells which changes
// could not be shown to be undone; they stay noted. A server's token is read from
// where the run had it, or from the variable TOXIPROXY_AUTH_TOKEN.
func Lift(ctx context.Context, server string) (Lifted, error) { return liftWith(ctx, server, "") }

// liftWith is Lift with the token of the server, if it is known.
func liftWith(ctx context.Context, server, token string) (Lifted, error) {
	var done Lifted
	dead, alive, err := leftovers(strings.TrimSuffix(server, "/"))
	for _, head := range alive {
		done.Alive = append(done.Alive, fmt.Sprintf("%v, at %s", head, addressOf(head.URL)))
	}
	errs := []error{err}
	for _, l := range dead {
		texts, err := l.lift(ctx, cmp.Or(token, l.head.token()))
		done.Undone = append(done.Undone, texts...)
		errs = append(errs, err)
	}
	return done, errors.Join(errs...)
}

func addressOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an unreadable address"
	}
	return u.Host
}

// lift undoes all changes, and removes the file once none is left.
func (l *leftover) lift(ctx context.Context, token string) (texts []string, err error) {
	server := &api{url: l.head.URL, at: addressOf(l.head.URL), token: token}
	var errs []error
	for _, i := range append([]item(nil), l.items...) {
		if err := server.undo(ctx, i); err != nil {
			errs = append(errs, fmt.Errorf("lift %v, left by %v: %w", i, l.head, err))
			continue
		}
		l.undone(i)
		texts = append(texts, fmt.Sprintf("%v at %s, left by %v", i, server.at, l.head))
	}
	if err := errors.Join(errs...); err != nil {
		return texts, errors.Join(err, l.file.Close())
	}
	return texts, l.done()
}

// undo undoes a change on the server and sees that it is undone. A proxy that is
// not there any more has nothing to undo.
func (a *api) undo(ctx context.Context, i item) error {
	path := "/proxies/" + url.PathEscape(i.Proxy)
	var err error
	if i.Toxic == "" {
		err = a.do(ctx, http.MethodPost, path, map[string]any{"enabled": true}, nil)
	} else {
		err = a.do(ctx, http.MethodDelete, path+"/toxics/"+url.PathEscape(i.Toxic), nil, nil)
	}
	if gone := new(statusError); errors.As(err, &gone) && gone.status == http.StatusNotFound {
		err = nil
	}
	if err != nil {
		return err
	}
	return a.confirm(ctx, i)
}

// confirm asks the server whether an item is gone.
func (a *api) confirm(ctx context.Context, i item) error {
	all, err := a.proxies(ctx)
	if err != nil {
		return err
	}
	p, ok := all[i.Proxy]
	switch {
	case !ok:
		return nil
	case i.Toxic == "" && !p.Enabled:
		return errors.New("the proxy is still disabled")
	}
	for _, t := range p.ActiveToxics {
		if i.Toxic != "" && t.Name == i.Toxic {
			return errors.New("the toxic is still listed")
		}
	}
	return nil
}
