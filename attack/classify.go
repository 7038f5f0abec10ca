package attack

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/tailback/tailback/reports/journal"
)

// errTimeout is why a request's context ends when target.timeout passes.
var errTimeout = errors.New("no whole answer within target.timeout")

// errTooLarge ends the reading of a body beyond bounds.
var errTooLarge = errors.New("body beyond bounds")

// classify says how a request that failed with err ended. cause is why its
// context ended, nil if it did not; connected is whether it had a connection.
func classify(err, cause error, connected bool) journal.Class {
	switch {
	case errors.Is(err, errTooLarge):
		return journal.ClassTooLarge
	case errors.Is(cause, errTimeout) && connected:
		return journal.ClassClientTimeout
	case errors.Is(cause, errTimeout):
		return journal.ClassConnectTimeout
	case cause != nil:
		return journal.ClassCanceled
	}
	return classifyNetwork(err)
}

func classifyNetwork(err error) journal.Class {
	if class, ok := classifyErrno(err); ok {
		return class
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && isShortage(dns.Err):
		return journal.ClassGenerator
	case errors.As(err, &dns):
		return journal.ClassDNS
	case isTLS(err):
		return journal.ClassTLS
	case isClosed(err):
		return journal.ClassClosed
	case isTimeout(err):
		return journal.ClassConnectTimeout
	case isProtocol(err):
		return journal.ClassProtocol
	}
	return journal.ClassOther
}

// shortages are of descriptors, ports and memory on this machine: the
// generator's fault, never the site's.
var shortages = []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM}

// classifyErrno reads the system's error number.
func classifyErrno(err error) (journal.Class, bool) {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return 0, false
	}
	if slices.Contains(shortages, errno) {
		return journal.ClassGenerator, true
	}
	switch errno {
	case syscall.ECONNREFUSED:
		return journal.ClassRefused, true
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED:
		return journal.ClassReset, true
	case syscall.ETIMEDOUT:
		return journal.ClassConnectTimeout, true
	}
	return journal.ClassOther, true
}

// isShortage reads the text, since a DNSError keeps no error number.
func isShortage(text string) bool {
	for _, errno := range shortages {
		if strings.Contains(text, errno.Error()) {
			return true
		}
	}
	return false
}

func isTLS(err error) bool {
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &verify) ||
		errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) ||
		strings.Contains(err.Error(), "gave HTTP response to HTTPS client")
}

// isClosed also knows an error of net/http that has no exported name.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "server closed idle connection")
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// isProtocol goes by the text: net/http exports none of its parse errors.
func isProtocol(err error) bool {
	for _, sign := range []string{"malformed", "invalid", "transport connection broken", "response headers exceeded",
		"unsupported", "too many", "gzip:"} {
		if strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}
