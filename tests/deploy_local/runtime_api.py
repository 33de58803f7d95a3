"""Lambda's Runtime API for one execution environment: events go out to it, answers come back.

The client on the other side is AWS's own (`awslambdaric`), in a process that has nothing of ours
but the deployed archive.
"""

import queue
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PREFIX = "/2018-06-01/runtime/"
_NEXT = f"{_PREFIX}invocation/next"


@dataclass(slots=True)
class Invocation:
    """One event under way; `body` is the answer, or the error where `is_error`."""

    request_id: str
    event: bytes
    function_arn: str
    deadline: float
    body: bytes = b""
    is_error: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def finish(self, body: bytes, *, is_error: bool) -> None:
        self.body, self.is_error = body, is_error
        self.done.set()


class RuntimeApi:
    """The server that one runtime process polls; `address` is what AWS_LAMBDA_RUNTIME_API names."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Invocation | None] = queue.Queue()
        self._running: dict[str, Invocation] = {}
        self.init_error = b""
        self.polls = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def submit(self, invocation: Invocation) -> None:
        self._waiting.put(invocation)

    def stop(self) -> None:
        self._waiting.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next(self) -> Invocation | None:
        """Blocks until there is an event; None when this environment is being put down."""
        self.polls += 1
        invocation = self._waiting.get()
        if invocation is not None:
            self._running[invocation.request_id] = invocation
        return invocation

    def report(self, path: str, body: bytes) -> bool:
        """Takes an answer or an error; False for a path that the Runtime API does not have."""
        what = path.removeprefix(_PREFIX).split("/")
        match what:
            case ["init", "error"]:
                self.init_error = body
            case ["invocation", request_id, "response" | "error" as kind] if (
                invocation := self._running.pop(request_id, None)
            ):
                invocation.finish(body, is_error=kind == "error")
            case _:
                return False
        return True


def _handler(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            invocation = api.next() if self.path == _NEXT else None
            if invocation is None:
                self.close_connection = True
                self._send(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.request_id)
            self.send_header("Lambda-Runtime-Deadline-Ms", str(int(invocation.deadline * 1000)))
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn)
            self.send_header("Content-Length", str(len(invocation.event)))
            self.end_headers()
            self.wfile.write(invocation.event)

        def do_POST(self) -> None:
            body = self._body()
            self._send(202 if api.report(self.path, body) else 404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """The function's own log says what happened."""

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def _send(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


def seconds_left(invocation: Invocation) -> float:
    return max(0.0, invocation.deadline - time.time())
