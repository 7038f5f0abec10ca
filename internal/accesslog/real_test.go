package accesslog

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailback/tailback/internal/ports"
)

const nginxConf = `
daemon off;
pid {dir}/pid;
error_log {dir}/error.log;
events {}
http {
	log_format timed '$host:$server_port $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time $upstream_response_time';
	log_format json escape=json '{"time":"$time_iso8601","host":"$host","request":"$request","status":$status,"agent":"$http_user_agent"}';
	access_log {dir}/combined.log;
	access_log {dir}/timed.log timed;
	access_log {dir}/json.log json;
	client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
	server { listen {address}; location / { return 200 "good"; } location /gone { return 404; } }
}
`

const apacheConf = `
ServerRoot {dir}
ServerName shop.example
Listen {address}
PidFile {dir}/pid
ErrorLog {dir}/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
User nobody
Group nogroup
DocumentRoot {dir}
RedirectMatch 404 ^/gone
Redirect 302 /moved /
LogFormat "%h %l %u %t \"%r\" %>s %b" common
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D" vhost_combined
CustomLog {dir}/common.log common
CustomLog {dir}/vhost.log vhost_combined
`

// sends are requests as they go over the wire, and what each is told to be.
var sends = []struct{ request, want string }{
	{"GET /a?q=%22x%22 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: say \"hi\"\r\nConnection: close\r\n\r\n", `GET /a?q=%22x%22`},
	{"POST /gone HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "POST /gone 404"},
	{"GET /\"quote HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n", `GET /"quote`},
	{"\x16\x03\x01\x02\x00\x01\r\n\r\n", ""}, // TLS at a port without: broken
}

// The logs that real servers write are read: all requests that are any, with what they were.
func TestRealLogs(t *testing.T) {
	for _, server := range []struct {
		program, conf string
		args          func(dir, conf string) []string
		logs          []string
	}{
		{"nginx", nginxConf, func(dir, conf string) []string { return []string{"-p", dir, "-c", conf} }, []string{"combined.log", "timed.log", "json.log"}},
		{"apache2", apacheConf, func(dir, conf string) []string { return []string{"-X", "-f", conf} }, []string{"common.log", "vhost.log"}},
	} {
		t.Run(server.program, func(t *testing.T) {
			program := find(t, server.program)
			dir, address := t.TempDir(), ports.Test(t)
			conf := filepath.Join(dir, "conf")
			text := strings.NewReplacer("{dir}", dir, "{address}", address).Replace(server.conf)
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			serve(t, program, address, server.args(dir, conf)...)
			for _, s := range sends {
				send(t, address, s.request)
			}
			for _, log := range server.logs {
				readsAll(t, filepath.Join(dir, log))
			}
		})
	}
}

func find(t *testing.T, program string) string {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("not run: install %s", program)
	}
	return path
}

// serve runs a server until the test ends, and returns when it listens.
func serve(t *testing.T, program, address string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
	}
	t.Fatalf("%s does not listen: %s", program, said.String())
}

func send(t *testing.T, address, request string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn) // until it is closed
}

// readsAll reads a log once it has all lines: servers write them behind the answer.
func readsAll(t *testing.T, path string) {
	t.Helper()
	var want []string
	for _, s := range sends {
		if s.want != "" {
			want = append(want, s.want)
		}
	}
	var got []string
	broken := 0
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		if got, broken = readLog(t, path); len(got)+broken >= len(sends) {
			break
		}
	}
	if broken != 1 || len(got) != len(want) {
		content, _ := os.ReadFile(path)
		t.Fatalf("%s: got %q and %d broken of\n%s", filepath.Base(path), got, broken, content)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%s: got %q, want %q", filepath.Base(path), got[i], want[i])
		}
	}
}

func readLog(t *testing.T, path string) (all []string, broken int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	r := NewReader(f)
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, broken + r.Broken
		} else if err != nil {
			t.Fatal(err)
		}
		if since := time.Since(record.At()); since < -time.Minute || since > 5*time.Minute {
			t.Errorf("%s is not now", record.At())
		}
		if record.Method == nil {
			broken++
			continue
		}
		all = append(all, fmt.Sprintf("%s %s %d", record.Method, record.Target, record.Status))
	}
}
