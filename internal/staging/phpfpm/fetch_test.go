package phpfpm

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/tailback/tailback/internal/staging"
)

// The page calls each URL, over TLS with the CA it is given, and through the
// proxy that the pool's environment names.
func TestFetchPage(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%s %d bytes", r.Method, n)
	})
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer secure.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	o := staging.Options{Fetch: plain.URL + "/a " + secure.URL, CAFile: ca}
	site := started(t, o)
	for path, want := range map[string]string{"/fetch": "ok GET 0 bytes", "/fetch?n=1": "ok GET 0 bytes", "/fetch?n=1&post=2000000": "ok POST 2000000 bytes"} {
		if _, got, _ := get(t, site, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	asked := make(chan string, 2)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Method + " " + r.RequestURI
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer proxy.Close()
	o.Proxy = proxy.URL
	site = started(t, o)
	get(t, site, "/fetch")
	get(t, site, "/fetch?n=1")
	for _, want := range []string{"GET " + plain.URL + "/a", "CONNECT " + secure.Listener.Addr().String()} {
		select {
		case got := <-asked:
			if got != want {
				t.Errorf("the proxy was asked %q, want %q", got, want)
			}
		default:
			t.Errorf("the proxy was not asked %q", want)
		}
	}
}
