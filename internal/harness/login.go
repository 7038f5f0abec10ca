package harness

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tailback/tailback/attack"
	"github.com/tailback/tailback/configs"
)

// LoginTakes is how long it takes at least to log in the experiment's sessions before a
// run; 0 without any.
func LoginTakes(exp *configs.Experiment) (time.Duration, error) {
	a, err := attack.New(exp)
	if err != nil {
		return 0, err
	}
	return a.LoginTakes(), nil
}

// logIn logs in the experiment's sessions, while no fault is in force and before
// anything is counted. watch, if not nil, is called at first, each second, and when all are.
func (p parts) logIn(ctx context.Context, exp *configs.Experiment, watch func(Status)) error {
	if exp.Sessions == nil {
		return nil
	}
	var done atomic.Int64
	tell := func() {
		if watch != nil {
			watch(Status{Total: exp.Duration(), LoggingIn: &LoggingIn{int(done.Load()), exp.Sessions.Count, p.attack.LoginTakes()}})
		}
	}
	tell()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan error, 1)
	go func() {
		watched <- safely("watch", func() error { return each(watching, time.Second, func() error { tell(); return nil }) })()
	}()
	err := p.attack.LogIn(ctx, func(n int) { done.Store(int64(n)) })
	stop()
	if panicked := <-watched; err == nil {
		err = panicked
	}
	if err == nil {
		tell()
	}
	return err
}
