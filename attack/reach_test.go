package attack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/reports/journal"
)

// tried is what came of the first request of the mix, sent once.
func tried(t *testing.T, exp *configs.Experiment) Tried {
	t.Helper()
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	return a.NewVisitor(t.Context(), time.Now()).Try(0)
}

// certOf is the certificate of that name in the folder, as configs has read it.
func certOf(t *testing.T, dir, name string) configs.ClientCert {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return configs.ClientCert{Cert: filepath.Join(dir, name+".pem"), Key: configs.Secret{File: filepath.Join(dir, name+".key"), Text: string(key)}}
}

// A real nginx that wants to see a certificate sees the file's, also one that it does not know.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	g := startNginx(t, "", https(`ssl_client_certificate DIR/ca.pem; ssl_verify_client on; location / { return 200 "$ssl_client_s_dn"; }`))
	exp := experiment("https://"+g.addr, burst(20))
	exp.Target.CAFile = filepath.Join(g.dir, "ca.pem")
	exp.Requests[0].Expect.Body = "CN=client"
	for _, row := range []struct {
		name string
		code int32
		page string
	}{{"client", 200, ""}, {"", 400, "No required SSL certificate was sent"}, {"other", 400, "The SSL certificate error"}} {
		exp.Target.Cert = configs.ClientCert{}
		if row.name != "" {
			exp.Target.Cert = certOf(t, g.dir, row.name)
		}
		got := tried(t, exp)
		if got.Hit.Code != row.code || !got.AsksCert || !strings.Contains(got.Page, row.page) {
			t.Errorf("%q: got %+v, want %d and a page with %q", row.name, got, row.code, row.page)
		}
	}
	exp.Target.Cert = certOf(t, g.dir, "client")
	if n := countCodes(drive(t, exp))[200]; n != 20 {
		t.Errorf("%d of 20 hits got in", n)
	}
}

// A server that ends TLS itself, for want of a certificate, says so by an alert:
// the advice is about the certificate, not about the site's own.
func TestClientCertificateIsRefusedByAlert(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeCertificates(t, dir)
	exp := experiment(mutualServer(t, dir), burst(1))
	exp.Target.CAFile = filepath.Join(dir, "ca.pem")
	for name, want := range map[string]string{"": "the site asks for a client certificate: name one in target.client_cert", "other": "does not accept that of target.client_cert"} {
		exp.Target.Cert = configs.ClientCert{}
		if name != "" {
			exp.Target.Cert = certOf(t, dir, name)
		}
		if got := tried(t, exp); got.Hit.Class != journal.ClassTLS || got.Err == nil || !strings.Contains(got.Err.Error(), want) {
			t.Errorf("%q: class %v, %v; want tls and %q", name, got.Hit.Class, got.Err, want)
		}
	}
	exp.Target.Cert = certOf(t, dir, "client")
	if got := tried(t, exp); got.Hit.Class != journal.ClassOK {
		t.Errorf("the right one: %v, %v", got.Hit.Class, got.Err)
	}
}

// A unix socket is reached whatever the URL's host is, which is the Host header;
// with TLS through it as well.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	g := startNginx(t, "", `listen unix:DIR/s; listen unix:DIR/tls ssl; ssl_certificate DIR/server.pem; ssl_certificate_key DIR/server.key;
		location /away { return 302 $scheme://$host/; } location / { return 200 "$scheme $host"; }`)
	for _, row := range []struct{ url, socket, body string }{
		{"http://shop.test", "s", "http shop.test"}, {"https://shop.test/away", "tls", "https shop.test"},
	} {
		exp := experiment(row.url, open(300*time.Millisecond, 100, 100))
		exp.Target.Socket, exp.Target.CAFile, exp.Target.Redirect = filepath.Join(g.dir, row.socket), filepath.Join(g.dir, "ca.pem"), true
		exp.Requests[0].Expect.Body = row.body
		hits := drive(t, exp)
		for _, h := range hits {
			if h.Class != journal.ClassOK {
				t.Fatalf("%s: %+v", row.url, h)
			}
		}
		if len(hits) != 30 {
			t.Errorf("%s: %d hits, want 30", row.url, len(hits))
		}
	}
	exp := experiment("http://shop.test", burst(1))
	exp.Target.Socket = filepath.Join(g.dir, "absent")
	if got := tried(t, exp); got.Hit.Class != journal.ClassRefused || !strings.Contains(got.Err.Error(), "absent: connect: no such file or directory; start the site, or correct target.socket") {
		t.Errorf("no socket: %v, %v", got.Hit.Class, got.Err)
	}
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	if host, found, err := a.Resolve(t.Context()); host != "shop.test" || found != nil || err != nil {
		t.Errorf("resolved %s to %v, %v; no name server is to be asked", host, found, err)
	}
}

// nginx that lets two requests of each address through, and refuses the next for a
// minute, lets two of each source address through.
func TestSourceAddresses(t *testing.T) {
	t.Parallel()
	g := startNginx(t, "limit_req_zone $binary_remote_addr zone=by:64k rate=1r/m;",
		`listen ADDRESS; location / { limit_req zone=by burst=1 nodelay; limit_req_status 429; empty_gif; }`)
	exp := experiment("http://"+g.addr, burst(12))
	exp.Requests[0].Headers = []configs.Header{{Name: "Connection", Value: configs.Secret{Text: "close"}}} // so that each has its own
	exp.Target.Sources = []string{"127.0.0.2", "127.0.0.3", "127.0.0.4"}
	if n := countCodes(drive(t, exp)); n[200] != 6 || n[429] != 6 {
		t.Errorf("got %v, want 3 x 2 that are let in", n)
	}
	by := addressesIn(g.log(t, 12))
	for _, source := range exp.Target.Sources {
		if by[source] != 4 { // 12 connections, in turn
			t.Errorf("connections by source: %v, want 4 of each", by)
		}
	}
	exp.Target.Sources = []string{"127.0.0.2", "192.0.2.7"} // TEST-NET-1, no machine's
	if got := tried(t, exp); !got.Unreached || !strings.Contains(got.Err.Error(), "bind to target.source_addresses[1], 192.0.2.7: cannot assign requested address; it is no address of this machine") {
		t.Errorf("an address of nobody: %v", got.Err)
	}
	a, err := New(exp)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "no address of this machine") {
		t.Errorf("the preflight says %v", err)
	}
	exp.Target.Sources = []string{"::1"}
	if got := tried(t, exp); got.Err == nil || !strings.Contains(got.Err.Error(), "none of target.source_addresses can reach it") {
		t.Errorf("of the other family: %v", got.Err)
	}
}
