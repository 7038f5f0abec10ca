"""The pages of the staging site; package staging lists them."""
import fcntl
import http.client
import os
import random
import signal
import time
from urllib.parse import parse_qs, urlsplit


def page(environ, start_response):
    query = {k: v[-1] for k, v in parse_qs(environ["QUERY_STRING"]).items()}
    answer = PAGES.get(environ["PATH_INFO"])
    status, body = answer(query) if answer else (404, "no such page")
    reason = http.client.responses.get(status, "Unknown")
    start_response(f"{status} {reason}", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body.encode()]


def number(query, name, otherwise=0.0):
    """A parameter; what is absent, no number or below 0 is otherwise."""
    try:
        n = float(query[name])
    except (KeyError, ValueError):
        return otherwise
    return n if n >= 0 else otherwise


def seconds(query, name="ms"):
    return number(query, name) / 1000


def site(_):
    return 200, os.environ["SITE_TOKEN"]


def work(query):
    time.sleep(seconds(query))
    return 200, "ok"


def compute(query):
    end = time.process_time() + seconds(query)
    while time.process_time() < end:
        pass
    return 200, "ok"


def external(query):
    time.sleep(seconds(query))
    said = depend(query)
    if "fail" in query and said.startswith("fallback"):
        return fail(query, "fail")
    return 200, said


def compute_external(query):
    compute(query)
    return 200, depend(query)


def depend(query):
    if random.random() >= number(query, "share", 1):
        return "ok without"
    host = os.environ["DEPENDENCY2" if query.get("dep") == "2" else "DEPENDENCY"]
    for _ in range(max(1, int(number(query, "tries", 1)))):
        if "kept" in query:
            said = kept(host, seconds(query, "timeout_ms"))
        else:
            said = call(f"http://{host}/", seconds(query, "timeout_ms"), seconds(query, "connect_ms"))
        if said.startswith("ok"):
            break
    return said


def call(url, timeout=0.0, connect=0.0):
    """An outgoing call. Python's timeout is of each wait, for connecting or for bytes; 0 is none."""
    to = urlsplit(url)
    connection = http.client.HTTPConnection(to.hostname, to.port, timeout=connect or timeout or None)
    try:
        connection.connect()
        connection.sock.settimeout(timeout or None)
        connection.request("GET", f"{to.path}?{to.query}", headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read().decode()
    except OSError as error:
        return f"fallback {error}"
    finally:
        connection.close()
    return f"fallback {answer.status}" if answer.status >= 500 else f"ok {body}"


KEPT = {}


def kept(host, timeout):
    """A call over a connection that this worker keeps. The timeout is of each wait; 0 is none."""
    connection = KEPT.setdefault(host, http.client.HTTPConnection(host))
    try:
        connection.timeout = timeout or None
        if connection.sock is None:
            connection.connect()
        connection.sock.settimeout(timeout or None)
        connection.request("GET", "/")
        answer = connection.getresponse()
        body = answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        connection.close()  # it is opened anew by the next call
        return f"fallback {error}"
    return f"fallback {answer.status}" if answer.status >= 500 else f"ok {body}"


def contend(query):
    slot, running = take()
    time.sleep(seconds(query) * (1 + number(query, "grow") * (running - 1)))
    slot.close()
    return 200, "ok"


def take():
    """A slot, held by a lock that the kernel gives back however the process ends, and how many are held."""
    mine, running = None, 0
    with open("contend", "w") as count:
        fcntl.flock(count, fcntl.LOCK_EX)  # one counts at a time
        for i in range(int(os.environ["WORKERS"])):
            slot = open(f"contend.{i}", "w")
            try:
                fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                slot.close()
                running += 1
                continue
            if mine:
                slot.close()
            else:
                mine, running = slot, running + 1
    return mine, running


def itself(query):
    return 200, call(f"{os.environ['SITE_URL']}/work?ms={query.get('ms', '0')}")


def application(query):
    time.sleep(seconds(query))
    return fail(query, "status")


def fail(query, status):
    """An error of the application's own."""
    body = "the application could not do this"
    if query.get("like") == "nginx":
        body = "<html><body><center><h1>Error</h1></center><hr><center>nginx</center></body></html>"
    return int(number(query, status, 502)), body


def close(_):
    os.kill(os.getpid(), signal.SIGKILL)


PAGES = {
    "/site": site,
    "/work": work,
    "/cpu": compute,
    "/external": external,
    "/cpu_external": compute_external,
    "/contend": contend,
    "/self": itself,
    "/app": application,
    "/close": close,
}
