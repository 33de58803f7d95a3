import threading

import pytest

from local.json_http import JsonClient, RemoteError, json_server
from local.pipeline import Pipeline


def test_a_stranger_on_the_containers_port_is_not_the_container() -> None:
    server = json_server(0, {"GET /health": lambda _body: {"status": "ok"}})
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    client = JsonClient(server.server_address[1])
    pipeline = Pipeline(market=client, container=client, pump=client, ledger_orders=dict)
    try:
        with pytest.raises(RemoteError, match="expected the container, was another process"):
            pipeline.container()
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()
