package manual

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// php runs a program in PHP, with hangs() and a clock around it, and returns what it prints.
func php(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath("php")
	if err != nil {
		t.Skip("not run: install php-cli, php-curl and php-mysql")
	}
	file := filepath.Join(t.TempDir(), "x.php")
	if err := os.WriteFile(file, []byte(prelude+program), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // what is wrong may wait for a day
	defer cancel()
	out, err := exec.CommandContext(ctx, path, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s in\n%s", err, out, program)
	}
	if strings.HasPrefix(string(out), "missing: ") {
		t.Skip("not run: install php-curl and php-mysql")
	}
	return strings.TrimSpace(string(out))
}

const prelude = `<?php
foreach (['curl', 'mysqli', 'pdo_mysql'] as $needed) {
    extension_loaded($needed) or exit("missing: $needed");
}
mysqli_report(MYSQLI_REPORT_OFF);
$server = stream_socket_server('tcp://127.0.0.1:0'); // connects are accepted by the kernel, and nothing is ever said
$address = stream_socket_get_name($server, false);
$port = (int)substr($address, strrpos($address, ':') + 1);
$url = "http://$address/";
[$user, $password, $name] = ['a', 'b', 'c'];
$curl = curl_init($url);
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
$db = mysqli_init();
function took(callable $f): string {
    $began = microtime(true);
    try { $f(); } catch (Throwable) {}
    return sprintf('%.2f s', microtime(true) - $began);
}
`

// like reports whether a time in seconds is as was wanted, or less than 5 s more,
// for the machine may be busy; and whether any other text is the same. All that
// is told apart here lasts for less than was wanted, or for a minute and longer.
func like(got, want string) bool {
	a, errA := time.ParseDuration(strings.ReplaceAll(got, " ", ""))
	b, errB := time.ParseDuration(strings.ReplaceAll(want, " ", ""))
	if errA != nil || errB != nil {
		return got == want
	}
	return a >= b-20*time.Millisecond && a < b+5*time.Second
}

var phpBlock = regexp.MustCompile("(?ms)^```php\n(.*?)^```$")

// What the page has as PHP does what it says there, with a dependency that hangs.
func TestPHPOnPages(t *testing.T) {
	var all []string
	for _, m := range phpBlock.FindAllStringSubmatch(page(t, "php"), -1) {
		all = append(all, m[1])
	}
	if len(all) != 4 {
		t.Fatalf("found %d blocks of PHP, want 4", len(all))
	}
	connect, curl, mysqli, session := all[0], all[1], all[2], all[3]
	if got := php(t, curl+"echo took(fn() => curl_exec($curl));"); !like(got, "0.35 s") {
		t.Errorf("a call of curl ended after %s, want 0.35 s", got)
	}
	if got := php(t, mysqli+"echo took(function () use ($db, $port, $user, $password, $name) { @"+connect+"});"); !like(got, "1 s") {
		t.Errorf("a call of mysqli ended after %s, want 1 s", got)
	}
	lock := "session_save_path(sys_get_temp_dir()); ob_start(); " + session + `
$other = fopen(session_save_path() . '/sess_' . session_id(), 'c');
echo flock($other, LOCK_EX | LOCK_NB) ? 'free' : 'locked';
unlink(session_save_path() . '/sess_' . session_id());`
	if got := php(t, lock); got != "free" {
		t.Errorf("a session that was written early is %s", got)
	}
	if got := php(t, strings.Replace(lock, "session_write_close();", "", 1)); got != "locked" {
		t.Errorf("a session that was not written is %s", got)
	}
}

// What the page says of other clients, with nobody to answer.
func TestWhatThePHPPageSays(t *testing.T) {
	for _, row := range []struct{ reads, program, want string }{
		{"mysqli's connect timeout does not help", `ini_set('mysqlnd.net_read_timeout', 2); $db = mysqli_init(); $db->options(MYSQLI_OPT_CONNECT_TIMEOUT, 1); echo took(fn() => @$db->real_connect('127.0.0.1', $user, $password, $name, $port));`, "2 s"},
		{"PDO's neither", `ini_set('mysqlnd.net_read_timeout', 2); echo took(fn() => new PDO("mysql:host=127.0.0.1;port=$port", $user, $password, [PDO::ATTR_TIMEOUT => 1]));`, "2 s"},
		{"mysqli takes half a second for none", `ini_set('default_socket_timeout', 1); $db->options(MYSQLI_OPT_READ_TIMEOUT, 0.5); echo took(fn() => @$db->real_connect('127.0.0.1', $user, $password, $name, $port));`, "1 s"},
		{"a stream's timeout may be short", `echo took(fn() => @file_get_contents($url, false, stream_context_create(['http' => ['timeout' => 0.5]])));`, "0.5 s"},
		{"default_socket_timeout is what a stream has without", `ini_set('default_socket_timeout', 1); echo took(fn() => @file_get_contents($url));`, "1 s"},
		{"curl obeys http_proxy", `putenv("http_proxy=http://$address"); $curl = curl_init('http://127.0.0.1:1/'); curl_setopt($curl, CURLOPT_TIMEOUT_MS, 500); echo took(fn() => curl_exec($curl));`, "0.5 s"},
		{"file_get_contents does not", `putenv("http_proxy=http://$address"); echo took(fn() => @file_get_contents('http://127.0.0.1:1/'));`, "0 s"},
		{"localhost is a socket to MySQL's clients", `ini_set('mysqli.default_socket', '/nowhere.sock'); @$db->real_connect('localhost', $user, $password, $name, $port); echo $db->connect_error ?: mysqli_connect_error();`, "No such file or directory"},
		{"where nothing listens curl fails with error 7", `$curl = curl_init('http://127.0.0.1:1/'); curl_exec($curl); echo curl_errno($curl);`, "7"},
		{"and MySQL's clients are refused", `@$db->real_connect('127.0.0.1', $user, $password, $name, 1); echo mysqli_connect_error();`, "Connection refused"},
		{"the defaults", `echo ini_get('default_socket_timeout'), ' and ', ini_get('mysqlnd.net_read_timeout');`, "60 and 86400"},
		{"what waits takes no execution time", `set_time_limit(1); echo took(fn() => sleep(2));`, "2 s"},
	} {
		t.Run(row.reads, func(t *testing.T) {
			t.Parallel()
			if got := php(t, row.program); !like(got, row.want) {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}
