<?php
// The pages of the staging site; package staging lists them.
header('Content-Type: text/plain');
$ms = max(0, (int)($_GET['ms'] ?? 0));

switch ($_SERVER['SCRIPT_NAME']) {
case '/work':
    usleep($ms * 1000);
    echo 'ok';
    break;
case '/external':
    usleep($ms * 1000);
    echo call('http://' . $_SERVER['DEPENDENCY'] . '/', (int)($_GET['timeout_ms'] ?? 0));
    break;
case '/self':
    echo call($_SERVER['SITE_URL'] . '/work?ms=' . $ms, 0);
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

// call makes an outgoing call whose timeout in milliseconds, unless 0, bounds all of it.
function call(string $url, int $timeout): string
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_NOSIGNAL => true, // timeouts below one second
        CURLOPT_TIMEOUT_MS => max(0, $timeout),
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        return 'fallback ' . curl_error($curl);
    }
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    return $status >= 500 ? "fallback $status" : "ok $body";
}
