package configs

import (
	"crypto/tls"
	"encoding/pem"
	"os"
	"strings"
)

// keyFile takes a key that was given as text for the path of a file, unless it is
// the key itself, as in a variable that overrides it.
func (c *ClientCert) keyFile() {
	if c.Key.Text != "" && !strings.Contains(c.Key.Text, "-----BEGIN") {
		c.Key = Secret{File: c.Key.Text}
	}
}

// pair reads the certificate, and puts its key to it.
func (c ClientCert) pair() (tls.Certificate, error) {
	cert, err := os.ReadFile(c.Cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, []byte(c.Key.Text))
}

// clientCert reads the certificate and its key. What it says never holds the key.
func (r *resolver) clientCert(c *ClientCert) {
	known := len(r.found)
	r.secret(&c.Key, "target.client_cert.key")
	if c.Cert != "" {
		r.locate(&c.Cert)
		if content := r.read(c.Cert, "target.client_cert.cert"); len(r.found) == known && !holdsBlock(content, "CERTIFICATE") {
			r.found.add("target.client_cert.cert", "holds no certificate; it needs to be in PEM form (-----BEGIN CERTIFICATE-----), as `openssl pkcs12 -in FILE -nokeys` writes it")
		}
	}
	if c.Cert == "" || c.Key.Text == "" || len(r.found) > known {
		return
	}
	if problem := keyProblem([]byte(c.Key.Text)); problem != "" {
		r.found.add("target.client_cert.key", "%s", problem)
	} else if _, err := c.pair(); err != nil {
		r.found.add("target.client_cert", "the key does not belong to the certificate, or is of a kind that is not known; `openssl x509 -in CERT -pubkey -noout` and `openssl pkey -in KEY -pubout` print the same for a pair")
	}
}

// keyProblem says why a text is no private key that can be used, or nothing.
func keyProblem(text []byte) string {
	for rest := text; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil:
			return "holds no private key; it needs to be in PEM form (-----BEGIN PRIVATE KEY-----), as `openssl pkcs12 -in FILE -nocerts -nodes` writes it"
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return "is encrypted, and nobody is asked for its passphrase in a run; write it without one, for your eyes only: (umask 077; openssl pkey -in KEY -out PLAIN)"
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return ""
		}
	}
}

// holdsBlock reports whether a PEM text has a block of that type.
func holdsBlock(text []byte, of string) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == of {
			return true
		}
	}
	return false
}
