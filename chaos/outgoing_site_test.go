package chaos

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
)

// authority makes a certificate authority and a certificate of its for a name.
// It returns the authority's certificate as PEM.
func authority(t *testing.T, name string) (ca []byte, cert tls.Certificate) {
	t.Helper()
	make := func(subject string, parent *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject}, DNSNames: []string{subject},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		if parent == nil {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage, parent, by = true, true, x509.KeyUsageCertSign, c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der, key
	}
	root, rootKey := make("test authority", nil, nil)
	parsed, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	der, key := make(name, parsed, rootKey)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// bankAndShop are two real dependencies: bank.test speaks TLS with a certificate
// of a test's own authority, shop.test plain HTTP. Both answer how long a body was.
type bankAndShop struct {
	bank, shop *httptest.Server
	ca         string // a file
}

func startBankAndShop(t *testing.T) *bankAndShop {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		name := ""
		if r.TLS != nil {
			name = r.TLS.ServerName
		}
		fmt.Fprintf(w, "%s %s %q %d", r.Method, r.Host, name, n)
	})
	ca, cert := authority(t, "bank.test")
	d := &bankAndShop{bank: httptest.NewUnstartedServer(answer), shop: httptest.NewServer(answer), ca: filepath.Join(t.TempDir(), "ca.pem")}
	d.bank.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that a fault broke off
	d.bank.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	d.bank.StartTLS()
	t.Cleanup(func() { d.bank.Close(); d.shop.Close() })
	if err := os.WriteFile(d.ca, ca, 0o644); err != nil {
		t.Fatal(err)
	}
	return d
}

// realSite is nginx and php-fpm whose libcurl goes through the egress at an address.
func realSite(t *testing.T, o staging.Options) *staging.Site {
	t.Helper()
	site, err := phpfpm.Start(t.Context(), o)
	if errors.Is(err, phpfpm.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s (%v)", phpfpm.Packages, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	return site
}

// What PHP's libcurl sees of each fault through the egress, over TLS and in
// plain HTTP, on a site that is told of it by its environment alone. All of it
// is lifted: the next call is answered well.
func TestARealSiteThroughTheEgress(t *testing.T) {
	t.Parallel()
	d := startBankAndShop(t)
	address := ports.Test(t)
	site := realSite(t, staging.Options{Proxy: "http://" + address, Fetch: "https://bank.test/ http://shop.test/", CAFile: d.ca})
	const (
		soonOver = "&timeout_ms=400"
		timedOut = `^fallback .*(?i:timed out|timeout)`
	)
	for _, row := range []struct {
		name       string
		fault      configs.Fault
		query      string
		bank, shop string // what the page says
	}{
		{"hang", configs.Fault{Hang: &configs.Hang{}}, soonOver, timedOut, timedOut},
		{"latency", configs.Fault{Latency: &configs.Latency{Delay: configs.Dose{From: 50 * time.Millisecond, To: 50 * time.Millisecond}}}, "", `^ok GET bank.test "bank.test" 0`, `^ok GET shop.test "" 0`},
		{"reset", configs.Fault{Reset: &configs.Reset{}}, "", `^fallback .*(?i:reset|SSL_ERROR_SYSCALL)`, `^fallback .*reset`},
		{"close", configs.Fault{Close: &configs.Close{}}, "", `^fallback .*(?i:SSL|reset|unexpected)`, `^fallback Empty reply`},
		{"down", configs.Fault{Down: &configs.Down{}}, "", `^fallback .*502`, `^fallback Empty reply`},
		{"no_accept", configs.Fault{NoAccept: &configs.NoAccept{}}, "&connect_ms=400" + soonOver, timedOut, timedOut},
		{"dns", configs.Fault{DNS: &configs.DNS{}}, "", `^fallback .*502`, `^fallback Empty reply`},
		{"slow_dial", configs.Fault{SlowDial: &configs.SlowDial{Delay: far}}, "&connect_ms=400" + soonOver, timedOut, timedOut},
		{"slow_dial, waited for", configs.Fault{SlowDial: &configs.SlowDial{Delay: 50 * time.Millisecond}}, "", `^ok GET bank.test`, `^ok GET shop.test`},
		{"http_error", configs.Fault{HTTPError: &configs.HTTPError{Status: 503}}, "", "", `^fallback 503`}, // TLS can't be read
		{"limit", configs.Fault{Limit: &configs.Limit{Bytes: 100}}, "", `^fallback .*(?i:SSL|reset|unexpected)`, `^fallback .*transfer closed`},
	} {
		for n, page := range []struct{ want, host, upstream string }{{row.bank, "bank.test:443", bareAddr(d.bank)}, {row.shop, "shop.test:80", bareAddr(d.shop)}} {
			if page.want == "" {
				continue
			}
			t.Run(row.name+" on "+page.host, func(t *testing.T) {
				r := newOutRig(t, page.host, func(e *configs.Experiment) {
					e.Chaos.Egress.Listen, e.Dependencies[0].Upstream = address, page.upstream
				}, row.fault)
				r.apply()
				fetch := func(query string) string {
					answer, err := http.Get(fmt.Sprintf("%s/fetch?n=%d%s", site.URL, n, query))
					if err != nil {
						t.Fatal(err)
					}
					defer answer.Body.Close()
					body, _ := io.ReadAll(answer.Body)
					return string(body)
				}
				if got := fetch(row.query); !regexp.MustCompile(page.want).MatchString(got) {
					t.Errorf("under the fault the page says %q, want %s", got, page.want)
				}
				if row.query != "" {
					waitFor(t, func() bool { return r.one().ClosedBy != byEnd }) // that the site has left
				}
				met, conns := r.lift()
				if met.RequestsHeld == nil || *met.RequestsHeld < 1 || met.Connections == nil || *met.Connections != 1 {
					t.Errorf("it met %v requests on %v connections, want one connection and its request", deref(met.RequestsHeld), deref(met.Connections))
				}
				if len(conns) != 1 || conns[0].HeldNS == nil && row.fault.HTTPError == nil || row.query != "" && (conns[0].ClosedBy != "site" || !conns[0].Waiting || *conns[0].HeldNS < int64(300*time.Millisecond)) {
					t.Errorf("recorded %+v; want the one connection, and that the site gave it up after 400 ms where it has a timeout", conns)
				}
				if got, want := fetch("&post=3000000"), " 3000000"; got != "ok POST "+hostName(page.host)+" "+serverName(n)+want {
					t.Errorf("after it was lifted the page says %q", got)
				}
			})
		}
	}
}

func bareAddr(s *httptest.Server) string { return s.Listener.Addr().String() }

func hostName(hostPort string) string {
	host, _, _ := net.SplitHostPort(hostPort)
	return host
}

// serverName is what the answer says of the name that TLS was asked for.
func serverName(n int) string { return []string{`"bank.test"`, `""`}[n] }
