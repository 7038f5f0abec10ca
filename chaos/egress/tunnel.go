package egress

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"
)

// tunnel is the call of a CONNECT.
func (p *Proxy) tunnel(c *client, host string) Call {
	return Call{
		Host: host, Site: c,
		Dial: func(ctx context.Context) (Socket, error) { return p.dial(ctx, host, true) },
		Opened: func(err error) {
			c.SetWriteDeadline(time.Now().Add(time.Second)) // it fits into the socket's buffer
			defer c.SetWriteDeadline(time.Time{})
			if err == nil {
				c.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
				return
			}
			c.Write(p.failed(err, host))
		},
	}
}

// failed is the answer to a CONNECT whose host was not reached.
func (p *Proxy) failed(err error, host string) []byte {
	if why := new(Refusal); errors.As(err, &why) {
		p.Refused(why.Class)
		return why.answer()
	}
	status := http.StatusBadGateway
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		status = http.StatusGatewayTimeout
	}
	return answer(status, "connect to "+host+": "+err.Error())
}
