<?php
// A page of the zoo on a real php-fpm: what it does is in the query, as JSON.
header('Content-Type: text/plain');
$page = json_decode($_GET['page'] ?? '{}', true);
$fellBack = false;
$status = $page['status'] ?? 200;

if ($page['session'] ?? 0) {
    session_save_path(__DIR__);
    session_id('zoo');
    session_start(['use_cookies' => 0]);
}
nap($page['ms'] ?? 0);
if (($page['session'] ?? 0) === 2) {
    session_write_close();
}
if (isset($page['self'])) {
    http('http://' . $_SERVER['HTTP_HOST'] . $page['self'], [], $ignored);
}
$calls = $page['calls'] ?? [];
if ($page['at_once'] ?? false) {
    at_once($calls);
} else {
    foreach ($calls as $i => $call) {
        if ($i > 0) {
            nap($page['between_ms'] ?? 0);
        }
        call($call);
    }
}
nap($page['then_ms'] ?? 0);
http_response_code($status);
echo $fellBack ? 'fallback' : 'ok';
if ($page['behind_ms'] ?? 0) {
    fastcgi_finish_request();
    nap($page['behind_ms']);
}

function nap(float $ms): void
{
    if ($ms > 0) {
        usleep((int)($ms * 1000));
    }
}

// call makes a call with its tries, and falls back when none had an answer.
function call(array $call): void
{
    global $fellBack, $status;
    if (mt_rand() / mt_getrandmax() >= $call['share']) {
        return;
    }
    for ($try = 1; ; $try++) {
        $ok = $call['kept'] ? kept($call) : http('http://' . $_SERVER['DEPENDENCY'] . '/', $call, $code) && $code < 500;
        if ($ok) {
            return;
        }
        if ($try >= $call['tries']) {
            break;
        }
        nap($call['pause_ms']);
    }
    $fellBack = true;
    $status = $call['status'] ?: $status;
    nap($call['fallback_ms']);
}

function handle(string $url, array $call)
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_NOSIGNAL => true,
        CURLOPT_TIMEOUT_MS => $call['timeout_ms'] ?? 0, CURLOPT_CONNECTTIMEOUT_MS => $call['connect_ms'] ?? 0]);
    return $curl;
}

function http(string $url, array $call, ?int &$code): bool
{
    $curl = handle($url, $call);
    $body = curl_exec($curl);
    $code = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    return $body !== false;
}

function at_once(array $calls): void
{
    global $fellBack;
    $all = curl_multi_init();
    $each = [];
    foreach ($calls as $call) {
        $each[] = $one = handle('http://' . $_SERVER['DEPENDENCY'] . '/', $call);
        curl_multi_add_handle($all, $one);
    }
    do {
        curl_multi_exec($all, $running);
        if ($running) {
            curl_multi_select($all, 1);
        }
    } while ($running);
    foreach ($each as $one) {
        $fellBack = $fellBack || curl_getinfo($one, CURLINFO_RESPONSE_CODE) !== 200;
    }
}

// kept calls over a connection that outlives the request.
function kept(array $call): bool
{
    $at = @pfsockopen('tcp://' . explode(':', $_SERVER['DEPENDENCY'])[0], (int)explode(':', $_SERVER['DEPENDENCY'])[1]);
    if (!$at) {
        return false;
    }
    $limit = $call['timeout_ms'] ?: 3600 * 1000;
    stream_set_timeout($at, intdiv($limit, 1000), $limit % 1000 * 1000);
    fwrite($at, "GET / HTTP/1.1\r\nHost: zoo\r\n\r\n");
    $length = 0;
    while (($line = fgets($at)) !== false && $line !== "\r\n") {
        if (stripos($line, 'Content-Length:') === 0) {
            $length = (int)substr($line, 15);
        }
    }
    if ($line === false || strlen((string)fread($at, $length)) < $length) {
        fclose($at);
        return false;
    }
    return true;
}
