package attack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
)

// gateway is a real nginx with one server.
type gateway struct {
	dir  string // where ADDRESS, if it is a socket, and the certificates are
	addr string // host:port
}

// startNginx starts nginx with the directives of a server, in which ADDRESS stands
// for a port of its own and DIR for its folder, and with those before it of http.
func startNginx(t *testing.T, http, server string) gateway {
	t.Helper()
	bin := staging.Program(staging.ProgramDirs(), "nginx")
	if bin == "" && os.Getenv("CI") != "true" {
		t.Skip("not run: install nginx")
	}
	g := gateway{dir: t.TempDir(), addr: ports.Test(t)}
	writeCertificates(t, g.dir)
	conf := `daemon off; master_process off; worker_processes 1; pid DIR/pid; error_log DIR/error.log error;
		events { worker_connections 512; }
		http { access_log DIR/access.log; client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fcgi;
			uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi; default_type text/plain; ` + http + `
			server { listen unix:DIR/ready; ` + server + ` } }`
	path := filepath.Join(g.dir, "nginx.conf")
	conf = strings.NewReplacer("DIR", g.dir, "ADDRESS", g.addr).Replace(conf)
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-e", filepath.Join(g.dir, "error.log"), "-p", g.dir, "-c", path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("unix", filepath.Join(g.dir, "ready")); err == nil {
			c.Close()
			return g
		}
	}
	said, _ := os.ReadFile(filepath.Join(g.dir, "error.log"))
	t.Fatalf("nginx does not listen: %s", said)
	return g
}

// log returns the lines of nginx's access log, when there are at least n of them.
func (g gateway) log(t *testing.T, n int) []string {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(g.dir, "access.log"))
		if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); err == nil && len(lines) >= n && lines[0] != "" {
			return lines
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("nginx logged %q (%v), want %d lines", text, err, n)
		}
	}
}

// writeCertificates writes an authority's ca.pem, and signed by it server.pem for
// 127.0.0.1 and client.pem, with their keys; and other.pem, which nobody signed.
func writeCertificates(t *testing.T, dir string) {
	t.Helper()
	ca, caKey := certificate(t, dir, "ca", nil, nil)
	certificate(t, dir, "server", ca, caKey)
	certificate(t, dir, "client", ca, caKey)
	certificate(t, dir, "other", nil, nil)
}

func certificate(t *testing.T, dir, name string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"shop.test"},
		BasicConstraintsValid: true, IsCA: by == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if by == nil {
		by, byKey = of, key
	}
	der, err := x509.CreateCertificate(rand.Reader, of, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, path), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signed, key
}

// https is a server that speaks TLS, and what more it is told.
func https(more string) string {
	return "listen ADDRESS ssl; ssl_certificate DIR/server.pem; ssl_certificate_key DIR/server.key; " + more
}

// addressesIn counts the first words of log lines.
func addressesIn(lines []string) map[string]int {
	n := map[string]int{}
	for _, line := range lines {
		who, _, _ := strings.Cut(line, " ")
		n[who]++
	}
	return n
}
