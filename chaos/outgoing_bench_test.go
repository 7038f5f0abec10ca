package chaos

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tailback/tailback/configs"
)

// BenchmarkEgress asks for 1 KB by HTTP and HTTPS, directly and through the
// egress, over kept connections.
func BenchmarkEgress(b *testing.B) {
	body := strings.Repeat("x", answerSize)
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer secure.Close()
	ps, err := Listen(&configs.Experiment{Target: configs.Target{URL: "http://127.0.0.1:1"}, Chaos: configs.Chaos{Egress: configs.Egress{Listen: "127.0.0.1:0"}}})
	if err != nil {
		b.Fatal(err)
	}
	defer ps.Close()
	for _, s := range []*httptest.Server{plain, secure} {
		for _, through := range []func(*http.Request) (*url.URL, error){nil, http.ProxyURL(&url.URL{Scheme: "http", Host: ps.out.addr})} {
			b.Run(fmt.Sprintf("%.5s/egress=%v", s.URL, through != nil), func(b *testing.B) {
				transport := &http.Transport{Proxy: through, MaxIdleConnsPerHost: 100, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
				defer transport.CloseIdleConnections()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						r, err := (&http.Client{Transport: transport}).Get(s.URL)
						if err != nil {
							b.Error(err)
							return
						}
						io.Copy(io.Discard, r.Body)
						r.Body.Close()
					}
				})
			})
		}
	}
}
