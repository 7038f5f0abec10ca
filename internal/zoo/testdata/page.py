"""A page of the zoo on a threaded server, whose calls share a pool of connections."""
import http.client
import json
import os
import threading
import time
from urllib.parse import parse_qs

PLACES = threading.Semaphore(int(os.environ["PLACES"]))


def page(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    page = json.loads(query["page"][0]) if "page" in query else {}
    time.sleep(page.get("ms", 0) / 1000)
    body = b"ok"
    for call in page.get("calls") or []:
        with PLACES:
            if not answered(call):
                body = b"fallback"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def answered(call):
    to = os.environ["DEPENDENCY"].split(":")
    connection = http.client.HTTPConnection(to[0], int(to[1]), timeout=call["timeout_ms"] / 1000 or None)
    try:
        connection.request("GET", "/", headers={"Connection": "close"})
        return connection.getresponse().read() == b"ok"
    except OSError:
        return False
    finally:
        connection.close()
