package guards

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/state"
)

// holder is who has a target, as its lock file says.
type holder struct {
	PID        int       `json:"pid"`
	Experiment string    `json:"experiment"`
	Since      time.Time `json:"since"`
}

// Lock takes the experiment's target for this process, so that no two runs of
// this user load one site: each would blame it for the other's traffic. The
// error says who has it. The kernel releases a lock with its process, however
// that ends; unlock does so before.
func Lock(exp *configs.Experiment) (unlock func(), err error) {
	name, err := lockName(exp.Target.URL)
	if err != nil {
		return nil, err
	}
	f, err := state.Open(name, 0) // it stays: one that is removed while somebody waits for it would be two
	if err != nil {
		return nil, fmt.Errorf("lock target: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock target %s: %s; wait until it has ended, or end it", exp.Target.Bare(), heldBy(f))
		}
		return nil, fmt.Errorf("lock target: flock %s: %w", f.Name(), err)
	}
	text, err := json.Marshal(holder{os.Getpid(), exp.Name, time.Now().UTC().Truncate(time.Second)})
	if err == nil { // on a full disk the lock holds all the same, and only its holder can't be told
		_ = f.Truncate(0)
		_, _ = f.WriteAt(append(text, '\n'), 0)
	}
	return func() { f.Close() }, nil
}

// heldBy says who has the lock on f.
func heldBy(f *os.File) string {
	var h holder
	if err := json.NewDecoder(io.LimitReader(f, 4096)).Decode(&h); err != nil {
		return "another run of tailback loads it" // and has not said yet who it is
	}
	return fmt.Sprintf("another run loads it: %s, process %d, since %s", h.Experiment, h.PID, h.Since.Format(time.RFC3339))
}

// lockName is the file of a target: the same for every path on one host and port.
func lockName(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil {
		return "", errors.New("lock target: target.url is no URL")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return url.PathEscape(strings.ToLower(u.Scheme+"-"+u.Hostname()+"-"+port)) + ".lock", nil
}
