"""JSON over HTTP between the processes of one run: a small server and client, both loopback.

Errors of a route are answered as {"error": text} with status 500 and raised at the client.
"""

import json
import logging
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

from quantterminal.domain.errors import RetryableError

_log = logging.getLogger(__name__)

Route = Callable[[Any], Any]
"""Takes the decoded body (None without one), gives what is encoded as the answer."""


class RemoteError(Exception):
    """The other process answered with an error, or could not be reached."""


class JsonClient:
    """Calls one server; keeps its connection."""

    def __init__(self, port: int, *, timeout_s: float = 30.0) -> None:
        self._address = f"http://127.0.0.1:{port}"
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=2.0, read=timeout_s), retries=False, maxsize=2
        )

    def get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, {} if body is None else body)

    def close(self) -> None:
        self._pool.clear()

    def _call(self, method: str, path: str, body: Any) -> Any:
        try:
            answer = self._pool.request(method, self._address + path, json=body)
            found = json.loads(answer.data)
        except (urllib3.exceptions.HTTPError, ValueError) as problem:
            raise RemoteError(f"{method} {path}: {problem}") from problem
        if answer.status != 200:
            raise RemoteError(f"{method} {path}: {answer.status} {found}")
        return found


def json_server(port: int, routes: Mapping[str, Route]) -> ThreadingHTTPServer:
    """A server on loopback for `routes` ("POST /drain"); the caller runs and closes it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(routes.get(f"GET {self.path}"))

        def do_POST(self) -> None:
            self._answer(routes.get(f"POST {self.path}"))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Requests are not logged; there are thousands of them."""

        def _answer(self, route: Route | None) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if route is None:
                self._send(404, {"error": f"Expected one of {sorted(routes)}"})
                return
            try:
                result = route(json.loads(body) if body else None)
            except Exception as problem:  # noqa: BLE001 - process edge: the caller gets the text
                # what comes back by itself is one line, what nobody expected is told in full
                is_known = isinstance(problem, RetryableError)
                _log.error("%s failed: %s", self.path, problem, exc_info=not is_known)
                self._send(500, {"error": f"{type(problem).__name__}: {problem}"})
                return
            self._send(200, result)

        def _send(self, status: int, result: Any) -> None:
            data = json.dumps(result).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server
