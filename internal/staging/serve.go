package staging

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// Serve serves h on ln until stop is called. Stop cuts the requests under way,
// ends their contexts and waits for every goroutine that served them.
func Serve(ln net.Listener, h http.Handler) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	srv := &http.Server{
		Handler:     h,
		BaseContext: func(net.Listener) context.Context { return ctx },
		// New is reported by the accept loop, closed as the last act of the
		// connection's goroutine.
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				running.Add(1)
			case http.StateClosed:
				running.Done()
			}
		},
	}
	running.Go(func() { srv.Serve(ln) })
	return func() error {
		cancel()
		err := srv.Close()
		running.Wait()
		return err
	}
}
