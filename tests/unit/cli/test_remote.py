import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.remote import Remote
from local.errors import LocalRunError
from local.processes.ready import free_port


class _Away(BaseHTTPRequestHandler):
    """The API while its ledger is being started again."""

    def do_GET(self) -> None:
        body = json.dumps({"message": "Try again: PostgreSQL is not reachable"}).encode()
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nobody reads it."""


@pytest.fixture
def away() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Away)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_refusal_is_told_in_its_own_words(away: int) -> None:
    with pytest.raises(LocalRunError) as refused:
        Remote(away).dashboard()

    assert str(refused.value) == "GET /api/dashboard: Try again: PostgreSQL is not reachable"


def test_nobody_there_is_one_sentence() -> None:
    with pytest.raises(LocalRunError, match="Expected a running system at"):
        Remote(free_port()).dashboard()
