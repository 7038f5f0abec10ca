package explain

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// Each setting that the advice names ends a call of real PHP to a server that
// accepts and says nothing, in the time that it is set to; and MySQL's time to
// connect does not, which is why it is not named for such a server.
func TestSettingsEndCallsOfRealPHP(t *testing.T) {
	php, err := exec.LookPath("php")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("not run: install php-cli php-curl php-mysql")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() }) // connections wait in its queue, which is to accept and say nothing
	port := listener.Addr().(*net.TCPAddr).Port
	const most = 3.0
	for name, row := range map[string]struct {
		of   setting
		code string
		want float64 // seconds; most: it does not end
	}{
		"curl":            {curl, `$c = curl_init("http://127.0.0.1:$p/"); curl_setopt_array($c, [CURLOPT_TIMEOUT_MS => 300, CURLOPT_RETURNTRANSFER => 1]); curl_exec($c);`, 0.3},
		"a stream":        {streamContext, `@file_get_contents("http://127.0.0.1:$p/", false, stream_context_create(['http' => ['timeout' => 0.3]]));`, 0.3},
		"a socket":        {read, `$f = fsockopen("127.0.0.1", $p); stream_set_timeout($f, 0, 300000); fgets($f);`, 0.3},
		"mysqli":          {mysqlClient, `$m = mysqli_init(); $m->options(MYSQLI_OPT_READ_TIMEOUT, 1); @$m->real_connect("127.0.0.1", "u", "p", "d", $p);`, 1},
		"PDO":             {mysqlClient, `ini_set("mysqlnd.net_read_timeout", "1"); new PDO("mysql:host=127.0.0.1;port=$p", "u", "p");`, 1},
		"mysqli, in vain": {mysqlClient, `$m = mysqli_init(); $m->options(MYSQLI_OPT_CONNECT_TIMEOUT, 1); @$m->real_connect("127.0.0.1", "u", "p", "d", $p);`, most},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := fmt.Sprintf(`$p = %d; $from = microtime(true); try { %s } catch (Exception $e) {} printf("%%.3f", microtime(true) - $from);`, port, row.code)
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(most*float64(time.Second)))
			defer cancel()
			out, err := exec.CommandContext(ctx, php, "-r", code).Output()
			took, notANumber := strconv.ParseFloat(string(out), 64)
			switch {
			case row.want == most:
				if ctx.Err() == nil {
					t.Errorf("%s ended the call after %s s: name it", row.of.connect, out)
				}
			case err != nil || notANumber != nil || took < row.want-0.05 || took > row.want+1:
				t.Errorf("%s set to %v s ended the call after %q s, %v", row.of.name, row.want, out, err)
			}
		})
	}
}
