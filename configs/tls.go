package configs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
)

// TLS is how the target's certificate is checked: by the name in Host, if there
// is one, with the system's authorities and those in CAFile, or not at all; and
// what the client shows of itself.
func (t Target) TLS() (*tls.Config, error) {
	c := &tls.Config{ServerName: hostname(t.Host), InsecureSkipVerify: t.Insecure} // #nosec G402 -- only when the file says so
	if t.Cert != (ClientCert{}) {
		pair, err := t.Cert.pair()
		if err != nil {
			return nil, fmt.Errorf("read target.client_cert: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if t.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(t.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read target.ca_file: %w", err)
	}
	if c.RootCAs, err = x509.SystemCertPool(); err != nil {
		c.RootCAs = x509.NewCertPool()
	}
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read target.ca_file %s: no PEM certificate in it", t.CAFile)
	}
	return c, nil
}

// hostname returns host without its port.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return host
}
