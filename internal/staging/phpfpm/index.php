<?php
// The pages of the staging site; package staging lists them.
header('Content-Type: text/plain');
$ms = max(0, (int)($_GET['ms'] ?? 0));

switch ($_SERVER['SCRIPT_NAME']) {
case '/work':
    usleep($ms * 1000);
    echo 'ok';
    break;
case '/site':
    echo getenv('SITE_TOKEN');
    break;
case '/cpu':
    compute($ms);
    echo 'ok';
    break;
case '/external':
    usleep($ms * 1000);
    $answer = depend();
    if (isset($_GET['fail']) && str_starts_with($answer, 'fallback')) {
        fail((int)$_GET['fail']);
    } else {
        echo $answer;
    }
    break;
case '/cpu_external':
    compute($ms);
    echo depend();
    break;
case '/contend':
    $slot = contend($n); // held until the script ends, or its process
    usleep((int)($ms * 1000 * (1 + (float)($_GET['grow'] ?? 0) * ($n - 1))));
    echo 'ok';
    break;
case '/app':
    usleep($ms * 1000);
    fail((int)($_GET['status'] ?? 502));
    break;
case '/self':
    echo call($_SERVER['SITE_URL'] . '/work?ms=' . $ms);
    break;
case '/fetch':
    usleep($ms * 1000);
    $more = $_SERVER['CA_FILE'] === '' ? [] : [CURLOPT_CAINFO => $_SERVER['CA_FILE']];
    if (isset($_GET['post'])) {
        $more[CURLOPT_POSTFIELDS] = str_repeat('x', (int)$_GET['post']);
    }
    echo call(explode(' ', $_SERVER['FETCH'])[(int)($_GET['n'] ?? 0)], (int)($_GET['timeout_ms'] ?? 0), (int)($_GET['connect_ms'] ?? 0), $more);
    break;
case '/db':
    usleep($ms * 1000);
    echo database(max(1, (int)($_GET['queries'] ?? 1)), (int)($_GET['timeout_s'] ?? 0));
    break;
case '/cache':
    usleep($ms * 1000);
    echo cache((int)($_GET['timeout_ms'] ?? 0));
    break;
case '/login':
    login();
    break;
case '/cart':
    shop($ms, fn() => form('checkout', 'cart of ' . htmlspecialchars($_SESSION['user']) . ': 2 items'));
    break;
case '/checkout':
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        header('Allow: POST');
        echo refuse(405, 'POST it');
        break;
    }
    shop($ms, function () {
        $answer = ($_POST['_token'] ?? '') === $_SESSION['token'] ? depend() : refuse(403, 'wrong token');
        echo str_starts_with($answer, 'ok') ? "Thank you\n" : $answer;
    });
    break;
case '/logout':
    session_start();
    session_destroy();
    header('Location: /login', true, 302);
    break;
case '/close':
    // Killed with input unread, a worker resets the connection. Expecting one
    // byte of body makes PHP read the input to its end first: a plain close.
    file_get_contents('php://input');
    posix_kill(getmypid(), 9);
    break;
default:
    http_response_code(404);
    echo 'no such page';
}

// login shows a form with the session's token, and takes it again with a user and a password.
function login(): void
{
    session_start();
    $_SESSION['token'] ??= bin2hex(random_bytes(16));
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        form('login', '<input name="user"> <input name="password" type="password">');
    } elseif (($_POST['_token'] ?? '') !== $_SESSION['token']) {
        echo refuse(403, 'wrong token');
    } elseif (($_POST['user'] ?? '') === '' || ($_POST['password'] ?? '') !== 'staging') {
        echo refuse(403, 'wrong user or password');
    } else {
        session_regenerate_id(true);
        $_SESSION['user'] = $_POST['user'];
        header('Location: /cart', true, 302);
    }
}

// shop answers a visitor who is logged in, after so much work, and sends others to
// log in. The session is locked until the end, unless it is closed before the work.
function shop(int $ms, callable $answer): void
{
    session_start();
    if (!isset($_SESSION['user'])) {
        header('Location: /login', true, 302);
        return;
    }
    if (isset($_GET['close']) || $_SERVER['CLOSE_SESSIONS'] !== '') {
        session_write_close();
    }
    usleep($ms * 1000);
    $answer();
}

// form shows a form with the token in it.
function form(string $action, string $inside): void
{
    header('Content-Type: text/html');
    echo "<!DOCTYPE html><title>$action</title>\n<form method=\"post\" action=\"/$action\">\n",
        "<input type=\"hidden\" name=\"_token\" value=\"{$_SESSION['token']}\">\n$inside <button>$action</button>\n</form>\n";
}

// refuse is an answer that is not good.
function refuse(int $status, string $why): string
{
    http_response_code($status);
    return $why;
}

// compute takes ms of this process's CPU time.
function compute(int $ms): void
{
    $used = function () {
        $u = getrusage();
        return $u['ru_utime.tv_sec'] * 1e6 + $u['ru_utime.tv_usec'] + $u['ru_stime.tv_sec'] * 1e6 + $u['ru_stime.tv_usec'];
    };
    for ($end = $used() + $ms * 1000; $used() < $end;) {
        for ($i = 0; $i < 1000; $i++) {
        }
    }
}

// contend takes a slot by a lock that the kernel gives back however the process
// ends; n is how many are taken then.
function contend(?int &$n)
{
    $n = 0;
    $mine = null;
    $count = fopen(__DIR__ . '/contend', 'c');
    flock($count, LOCK_EX); // one counts at a time
    for ($i = 0; $i < (int)$_SERVER['WORKERS']; $i++) {
        $slot = fopen(__DIR__ . "/contend.$i", 'c');
        if (!flock($slot, LOCK_EX | LOCK_NB)) {
            $n++;
        } elseif ($mine === null) {
            $mine = $slot;
            $n++;
        }
    }
    unset($slot); // a look at a free slot, before another counts
    fclose($count);
    return $mine;
}

// fail answers with an error of the application's own.
function fail(int $status): void
{
    http_response_code($status);
    if (($_GET['like'] ?? '') === 'nginx') {
        header_remove('X-Powered-By');
        echo '<html><body><center><h1>Error</h1></center><hr><center>nginx</center></body></html>';
    } else {
        echo 'the application could not do this';
    }
}

// depend calls the dependency as the query says, and falls back when no try had an answer.
function depend(): string
{
    if (mt_rand() / mt_getrandmax() >= (float)($_GET['share'] ?? 1)) {
        return 'ok without';
    }
    $host = $_SERVER[($_GET['dep'] ?? '') === '2' ? 'DEPENDENCY2' : 'DEPENDENCY'];
    for ($try = max(1, (int)($_GET['tries'] ?? 1)); ; $try--) {
        $timeout = (int)($_GET['timeout_ms'] ?? 0);
        $answer = isset($_GET['kept']) ? kept($host, $timeout) : call("http://$host/", $timeout, (int)($_GET['connect_ms'] ?? 0));
        if ($try === 1 || str_starts_with($answer, 'ok')) {
            return $answer;
        }
    }
}

// call makes an outgoing call. Its timeouts are in milliseconds: of all of it, 0
// is none, and of connecting, 0 is libcurl's own. More are further options.
function call(string $url, int $timeout = 0, int $connect = 0, array $more = []): string
{
    $curl = curl_init($url);
    curl_setopt_array($curl, $more + [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_NOSIGNAL => true, // timeouts below one second
        CURLOPT_TIMEOUT_MS => max(0, $timeout),
        CURLOPT_CONNECTTIMEOUT_MS => max(0, $connect),
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        return 'fallback ' . curl_error($curl);
    }
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    return $status >= 500 ? "fallback $status" : "ok $body";
}

// kept calls over a connection that this worker keeps, each wait for at most so many milliseconds; 0 is a minute.
function kept(string $host, int $timeout): string
{
    $timeout = $timeout ?: 60000;
    [$name, $port] = explode(':', $host);
    $to = @pfsockopen($name, (int)$port, $errno, $error, $timeout / 1000);
    if ($to === false) {
        return "fallback $error";
    }
    stream_set_timeout($to, intdiv($timeout, 1000), $timeout % 1000 * 1000);
    @fwrite($to, "GET / HTTP/1.1\r\nHost: $host\r\n\r\n");
    $length = 0;
    for ($first = $line = fgets($to); $line !== false && $line !== "\r\n"; $line = fgets($to)) {
        sscanf(strtolower($line), 'content-length: %d', $length);
    }
    $body = $line === false ? '' : stream_get_contents($to, $length);
    if ($line === false || strlen($body) < $length) {
        $why = stream_get_meta_data($to)['timed_out'] ? 'timed out' : 'lost';
        fclose($to); // for good: what still comes is no answer to the next call
        return "fallback $why";
    }
    $status = (int)explode(' ', $first)[1];
    return $status >= 500 ? "fallback $status" : "ok $body";
}

// database connects and asks, each wait for at most so many whole seconds; 0 is no limit.
function database(int $queries, int $timeout): string
{
    mysqli_report(MYSQLI_REPORT_OFF);
    [$host, $port] = explode(':', $_SERVER['DATABASE']);
    $db = mysqli_init();
    if ($timeout > 0) {
        $db->options(MYSQLI_OPT_CONNECT_TIMEOUT, $timeout);
        $db->options(MYSQLI_OPT_READ_TIMEOUT, $timeout);
    }
    if (!@$db->real_connect($host, 'root', '', '', (int)$port)) {
        return 'fallback ' . $db->connect_error;
    }
    for (; $queries > 0; $queries--) {
        if (@$db->query('SELECT 1') === false) {
            return 'fallback ' . $db->error;
        }
    }
    return 'ok';
}

// cache connects, writes and reads, each wait for at most so many milliseconds; 0 is a minute.
function cache(int $timeout): string
{
    $timeout = $timeout ?: 60000;
    $cache = @stream_socket_client('tcp://' . $_SERVER['CACHE'], $errno, $error, $timeout / 1000);
    if ($cache === false) {
        return "fallback $error";
    }
    stream_set_timeout($cache, intdiv($timeout, 1000), $timeout % 1000 * 1000);
    foreach ([['SET', 'key', 'value'], ['GET', 'key']] as $words) {
        $command = '*' . count($words) . "\r\n";
        foreach ($words as $word) {
            $command .= '$' . strlen($word) . "\r\n$word\r\n";
        }
        if (@fwrite($cache, $command) === false || ($answer = @fgets($cache)) === false) {
            return 'fallback ' . (stream_get_meta_data($cache)['timed_out'] ? 'timed out' : 'lost');
        }
    }
    return $answer === "\$5\r\n" && fgets($cache) === "value\r\n" ? 'ok' : "fallback $answer";
}
