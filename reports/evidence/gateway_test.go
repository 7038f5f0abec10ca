package evidence

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailback/tailback/configs"
	"github.com/tailback/tailback/internal/ports"
	"github.com/tailback/tailback/internal/staging"
	"github.com/tailback/tailback/internal/staging/phpfpm"
	"github.com/tailback/tailback/reports/journal"
)

// gatewayConf has a location for each thing that a gateway says of itself. Its
// log_format puts no quotes around what upstreams give, as many published do.
const gatewayConf = `daemon off;
worker_processes 1;
pid "{{.Dir}}/nginx.pid";
error_log "{{.Dir}}/error.log" info;
{{if .Root}}user nobody nogroup;{{end}}
events { worker_connections 64; }
http {
	log_format published '{"time":"$time_iso8601","status":$status,"request_time":$request_time,"upstream_response_time":$upstream_response_time,'
	                     '"upstream_header_time":$upstream_header_time,"upstream_status":$upstream_status,"request":"$request","agent":"$http_user_agent"}';
	access_log "{{.Dir}}/access.log" published;
	client_body_temp_path "{{.Dir}}/body"; fastcgi_temp_path "{{.Dir}}/fastcgi"; proxy_temp_path "{{.Dir}}/proxy";
	scgi_temp_path "{{.Dir}}/scgi"; uwsgi_temp_path "{{.Dir}}/uwsgi";
	limit_req_zone $scheme zone=requests:32k rate=1r/m;
	limit_req_zone $scheme zone=watched:32k rate=1r/m;
	limit_conn_zone $scheme zone=connections:32k;
	upstream dead { server {{.Nowhere}} max_fails=1 fail_timeout=60s; server {{.Nowhere}} max_fails=1 fail_timeout=60s; }
	server {
		listen {{.Gateway}};
		proxy_next_upstream off;
		error_page 503 /busy.html;
		location = /busy.html { internal; return 200 "busy"; }
		location /limit_req { limit_req zone=requests; empty_gif; }
		location /dry_run { limit_req zone=watched; limit_req_dry_run on; empty_gif; }
		location /limit_conn { limit_conn connections 1; proxy_pass http://{{.Slow}}; }
		location /too_large { client_max_body_size 1k; proxy_pass http://{{.Slow}}; }
		location /big_header { proxy_pass http://{{.Bad}}/big; }
		location /bad_header { proxy_pass http://{{.Bad}}/bad; }
		location /no_http { proxy_pass http://{{.Mute}}; }
		location /no_fastcgi { fastcgi_pass {{.Mute}}; }
		location /no_tls { proxy_pass https://{{.Bad}}; }
		location /no_name { resolver {{.DNS}} ipv6=off; proxy_pass http://backend.invalid$uri; }
		location /no_resolver { proxy_pass http://backend.invalid$uri; }
		location /no_permission { proxy_pass http://unix:{{.Dir}}/closed/pool.sock:; }
		location /dead { proxy_next_upstream error; proxy_pass http://dead; }
	}
}
`

// bad answers with headers that a gateway does not take; slow as its name says.
func bad(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/big") {
		w.Header().Set("X-Big", strings.Repeat("x", 32<<10))
		return
	}
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\x01: no name\r\n\r\n")
		conn.Close()
	}
}

func slow(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-time.After(300 * time.Millisecond):
	}
}

// mute answers in no HTTP.
func mute(t *testing.T) string {
	return serve(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1024))
		io.WriteString(conn, "hello\r\n\r\n")
	})
}

// serve takes connections until the test ends.
func serve(t *testing.T, each func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			each(conn)
			conn.Close()
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String()
}

// noNames is a name server that knows none: it sends each question back, as an
// answer (0x80) that there is no such name (3).
func noNames(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		question := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			question[2] |= 0x80
			question[3] = 3
			conn.WriteTo(question[:n], from)
		}
	})
	t.Cleanup(func() { conn.Close(); serving.Wait() })
	return conn.LocalAddr().String()
}

// startGateway starts a real nginx with gatewayConf, and watches its logs.
func startGateway(t *testing.T) (url string, w *watched) {
	t.Helper()
	nginx := staging.Program(staging.ProgramDirs(), "nginx")
	if nginx == "" && os.Getenv("CI") != "true" {
		t.Skipf("not run: install %s", phpfpm.Packages)
	}
	badSite, slowSite := httptest.NewServer(http.HandlerFunc(bad)), httptest.NewServer(http.HandlerFunc(slow))
	t.Cleanup(badSite.Close)
	t.Cleanup(slowSite.Close)
	site := &staging.Site{Dir: t.TempDir()}
	gateway := ports.Test(t)
	addr := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	fill := map[string]any{"Dir": site.Dir, "Root": os.Geteuid() == 0, "Gateway": gateway, "Nowhere": ports.Test(t), "DNS": noNames(t),
		"Bad": addr(badSite), "Slow": addr(slowSite), "Mute": mute(t)}
	if err := os.Mkdir(filepath.Join(site.Dir, "closed"), 0o000); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(site.Dir, "nginx.conf")
	if err := staging.Fill(conf, gatewayConf, fill); err != nil {
		t.Fatal(err)
	}
	child, err := staging.StartChild(site, nginx, filepath.Join(site.Dir, "error.log"), "-p", site.Dir, "-c", conf)
	if err == nil {
		t.Cleanup(func() {
			if err := child.Stop(); err != nil {
				t.Error(err)
			}
		})
		err = staging.AwaitSocket(t.Context(), "tcp", gateway)
	}
	if err != nil {
		t.Fatal(err)
	}
	w = watch(t, configs.Site{
		NginxErrorLog:  configs.Source{File: filepath.Join(site.Dir, "error.log")},
		NginxAccessLog: configs.Source{File: filepath.Join(site.Dir, "access.log")},
	}, time.Now())
	time.Sleep(2 * pollEvery) // it follows from the files' ends on
	return "http://" + gateway, w
}

// What a real nginx says of its own limits, and of pools that it can't reach or
// understand: each page is asked for so often, at once, and the log has that many
// lines of the kind. Its access log has no time and no status of an upstream
// where none answered, without quotes, and is read all the same.
func TestRealGatewaySaysWhy(t *testing.T) {
	t.Parallel()
	url, w := startGateway(t)
	rows := []struct {
		page     string
		requests int
		body     string
		code     int32
		answers  int64
		kind     journal.Kind
		lines    int64
	}{
		{"/limit_req", 4, "", 503, 3, journal.RequestLimit, 3},
		{"/limit_conn", 4, "", 503, 3, journal.ConnectionLimit, 3},
		{"/too_large", 2, strings.Repeat("x", 2000), 413, 2, journal.TooLargeBody, 2},
		{"/big_header", 2, "", 502, 2, journal.TooBigHeader, 2},
		{"/bad_header", 2, "", 502, 2, journal.BadHeader, 2},
		{"/no_fastcgi", 2, "", 502, 2, journal.BadHeader, 2},
		{"/no_http", 2, "", 0, 2, journal.BadHeader, 2}, // of a first line that is no HTTP, it makes HTTP/0.9
		{"/no_tls", 2, "", 502, 2, journal.NoTLS, 2},
		{"/no_name", 2, "", 502, 2, journal.NoName, 2},
		{"/no_resolver", 2, "", 502, 2, journal.NoName, 2},
		{"/no_permission", 2, "", 502, 2, journal.NoPermission, 2},
		{"/dead", 1, "", 502, 1, journal.UpstreamRefused, 2}, // asks both, and then has none
		{"/dead", 2, "", 502, 2, journal.NoLiveUpstreams, 2},
	}
	requests, want := int64(0), map[journal.Kind]int64{}
	for _, row := range rows {
		var v visitor
		var asking sync.WaitGroup
		for range row.requests {
			asking.Go(func() { v.send(t.Context(), url+row.page, row.body) })
		}
		asking.Wait()
		requests += int64(row.requests)
		want[row.kind] += row.lines
		if v.codes[row.code] != row.answers {
			t.Errorf("%s: visitors got %v, want %d x %d", row.page, v.codes, row.answers, row.code)
		}
	}
	var v visitor
	for range 2 { // the second would be limited
		v.send(t.Context(), url+"/dry_run", "")
	}
	await(t, w, journal.Access, requests+2)
	w.stop()
	for kind, n := range want {
		wantCount(t, w, kind, n)
	}
	wantCount(t, w, journal.OtherError, 3) // of the dry run, and each dead server
	wantCount(t, w, journal.Unparsed, 0)
	if n := w.answered(journal.NginxAccessLog, 502); n != 17 {
		t.Errorf("the access log has %d x 502, want 17", n)
	}
}

// send asks for a page with a body, and counts the answer by its status; 0 is none.
func (v *visitor) send(ctx context.Context, url, body string) {
	v.ask(ctx, http.MethodPost, url, strings.NewReader(body))
}
