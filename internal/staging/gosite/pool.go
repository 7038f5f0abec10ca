package gosite

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// maxRequest bounds a request's body, as nginx does, and maxFrame what the
// pool's socket carries of it, headers and all; in bytes.
const (
	maxRequest = 1 << 20
	maxFrame   = 4 << 20
)

// pool serves one request at a time in each of its workers. What no worker has
// accepted yet waits in the kernel.
type pool struct {
	queue     net.Listener
	terminate time.Duration // kills a request, 0 never
	pages     *pages
}

// listen listens with that backlog: Go itself always asks for the system's
// largest, and a second listen(2) adjusts it.
func listen(network, addr string, backlog int) (net.Listener, error) {
	ln, err := net.Listen(network, addr)
	if err != nil {
		return nil, err
	}
	raw, err := ln.(syscall.Conn).SyscallConn()
	if err == nil {
		var failed error
		err = raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), backlog) })
		err = errors.Join(err, failed)
	}
	if err != nil {
		ln.Close()
		return nil, fmt.Errorf("set backlog %d: %w", backlog, err)
	}
	return ln, nil
}

// run starts the workers; stop ends them, with what they are doing.
func (p *pool) run(workers int) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { p.work(ctx) })
	}
	return func() error {
		cancel()
		err := p.queue.Close()
		running.Wait()
		return err
	}
}

// work is one worker: it accepts, reads, serves and closes one connection
// after the other. A killed request needs no new worker here: the next turn of
// the loop is the replacement that php-fpm forks.
func (p *pool) work(ctx context.Context) {
	for ctx.Err() == nil {
		conn, err := p.queue.Accept()
		if err != nil { // closed, or no descriptor left: then try again soon
			sleep(ctx, 10*time.Millisecond)
			continue
		}
		p.serve(ctx, conn)
	}
}

// serve neither knows nor cares whether the gateway still waits: a request
// whose reader left while it was queued is read and worked on like any other.
func (p *pool) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if p.terminate > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.terminate)
		defer cancel()
	}
	req, err := readRequest(conn)
	if err != nil {
		return
	}
	body, err := p.pages.answer(ctx, req)
	if ctx.Err() != nil {
		return // killed: closing with bytes unread makes the kernel send a reset
	}
	io.ReadFull(conn, make([]byte, len(trailer)))
	if err == nil {
		io.WriteString(conn, body)
	}
}

// trailer ends a request on the pool's socket. Like FastCGI's empty stdin
// record, a worker takes it off the socket only when it is done, so one killed
// before that leaves bytes unread, and the gateway reads "connection reset by
// peer" on TCP and unix sockets alike.
var trailer = []byte{0}

// writeRequest sends a request as its length in four bytes, the request as
// HTTP/1.1, and the trailer.
func writeRequest(conn net.Conn, r *http.Request) error {
	var head bytes.Buffer
	if err := r.Write(&head); err != nil {
		return err
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(head.Len()))
	frame = append(append(frame, head.Bytes()...), trailer...)
	_, err := conn.Write(frame)
	return err
}

func readRequest(conn net.Conn) (*http.Request, error) {
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > maxFrame {
		return nil, fmt.Errorf("request of %d bytes: at most %d", n, maxFrame)
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	return http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
}
