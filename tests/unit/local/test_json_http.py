import threading
from collections.abc import Iterator
from typing import Any

import pytest

from local.json_http import JsonClient, RemoteError, json_server
from local.processes.ready import free_port


@pytest.fixture
def client() -> Iterator[JsonClient]:
    def broken(_body: Any) -> None:
        raise ValueError("the reason")

    routes = {"POST /echo": lambda body: body, "GET /broken": broken}
    server = json_server(0, routes)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    client = JsonClient(server.server_address[1])
    yield client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_posted_comes_back(client: JsonClient) -> None:
    assert client.post("/echo", {"a": [1, "two", None]}) == {"a": [1, "two", None]}


def test_the_reason_of_a_failure_reaches_the_caller(client: JsonClient) -> None:
    with pytest.raises(RemoteError, match="ValueError: the reason"):
        client.get("/broken")


def test_an_unknown_route_is_an_error(client: JsonClient) -> None:
    with pytest.raises(RemoteError, match="404"):
        client.get("/nowhere")


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(RemoteError):
        JsonClient(free_port()).get("/health")
