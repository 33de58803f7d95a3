"""What our adapter reads of the broker's record: activities, clock, keys, limits, odd rows."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.activities import ActivityKind
from quantterminal.domain.errors import (
    CredentialsError,
    OrderRejectedError,
    RetryableError,
)
from quantterminal.ports.broker import Refusal
from tests.contract.market_process import MarketProcess, market
from tests.contract.test_alpaca_client import LONG_AGO, broker_at, new_order, resting
from tests.unit.quantterminal.adapters.alpaca.sample_orders import order as an_order

Answers = Callable[[str], tuple[int, dict[str, str], bytes]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[MarketProcess]:
    with market(tmp_path) as process:
        process.step_to("minute", times=2)
        yield process


@contextmanager
def answering(answer: Answers) -> Iterator[str]:
    """A server of the test's own answers; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def acted(process: MarketProcess, **fields: str) -> None:
    status, answer = process.call("POST", "/broker/activity", fields)
    assert status == 200, answer


def test_f19_activities_and_what_they_did(running: MarketProcess) -> None:
    broker = broker_at(running.broker)
    broker.submit(new_order(running, 1))
    running.step_to("minute", times=2)
    before = broker.account().cash
    acted(running, activity_type="DIV", symbol="AAA", qty="10", net_amount="1.02")
    acted(running, activity_type="FEE", net_amount="-0.05")
    acted(running, activity_type="SPLIT", symbol="AAA", qty="30")
    acted(running, activity_type="NC", symbol="AAA")

    found = list(broker.activities_since(LONG_AGO))

    assert [(each.name, each.kind, each.cash, each.shares) for each in found] == [
        ("DIV", ActivityKind.CASH, Decimal("1.02"), Decimal(0)),
        ("FEE", ActivityKind.CASH, Decimal("-0.05"), Decimal(0)),
        ("SPLIT", ActivityKind.SPLIT, Decimal(0), Decimal(30)),
        ("NC", ActivityKind.OTHER, Decimal(0), Decimal(0)),
    ]
    assert len({each.id for each in found}) == 4
    assert broker.account().cash == before + Decimal("0.97")
    assert broker.positions() == {"AAA": Decimal(40)}
    assert len(list(broker.fills_since(LONG_AGO))) == 1


def test_f23_all_pages_of_activities_are_read(running: MarketProcess) -> None:
    for _ in range(230):
        acted(running, activity_type="FEE", net_amount="-0.01")
    found = list(broker_at(running.broker).activities_since(LONG_AGO))
    assert len({each.id for each in found}) == 230


def test_f41_the_clock_is_the_market_s(running: MarketProcess) -> None:
    now = datetime.fromisoformat(running.state()["now"])
    assert broker_at(running.broker).time() == now


def test_f18_a_symbol_that_is_not_tradable_has_its_word(running: MarketProcess) -> None:
    assert running.call("POST", "/broker/untradable", ["AAA"])[0] == 200
    with pytest.raises(OrderRejectedError) as refused:
        broker_at(running.broker).submit(new_order(running, 1))
    assert refused.value.code == Refusal.NOT_TRADABLE


def test_f24_keys_are_read_again_once(running: MarketProcess) -> None:
    asked: list[str] = []

    def fresh(secret: str) -> Callable[[], tuple[str, str]]:
        def read() -> tuple[str, str]:
            asked.append(secret)
            return "key", secret

        return read

    rotated = broker_at(running.broker, secret_key="old", fresh_keys=fresh("secret"))
    order = resting(running, 1)
    assert rotated.submit(order).client_order_id == order.client_order_id
    assert rotated.account().cash > 0
    assert asked == ["secret"]

    revoked = broker_at(running.broker, secret_key="old", fresh_keys=fresh("older"))
    with pytest.raises(OrderRejectedError):
        revoked.submit(resting(running, 2))
    with pytest.raises(CredentialsError):
        revoked.account()
    assert asked == ["secret", "older", "older"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, b"<html>login</html>"), (403, b'{"message":"forbidden."}'), (403, b"<html>")],
)
def test_f24_a_page_instead_of_json_is_a_refusal_of_keys(status: int, body: bytes) -> None:
    with answering(lambda _path: (status, {}, body)) as address, pytest.raises(CredentialsError):
        broker_at(address).positions()


def test_f10_a_row_that_cannot_be_read_is_counted_and_left_out() -> None:
    odd = {"status": "reconsidered"}
    rows = [an_order(id="1"), an_order(id="2", **odd), an_order(id="3", qty="x" * 1_000_000)]
    telemetry = MemoryTelemetry()
    with answering(lambda _path: (200, {}, json.dumps(rows).encode())) as address:
        found = broker_at(address, telemetry=telemetry).open_orders()

    assert [each.broker_order_id for each in found] == ["1"]
    assert len(telemetry.named("UnreadableRow")) == 2


@pytest.mark.parametrize("body", [b"<html>", b"null", b'{"a":1}', b"\xff", b"[1]"])
def test_f10_an_answer_that_is_no_list_is_tried_again_later(body: bytes) -> None:
    with answering(lambda _path: (200, {}, body)) as address, pytest.raises(RetryableError):
        broker_at(address).open_orders()


def test_f06_reads_of_the_books_leave_the_rest_of_the_limit_to_orders() -> None:
    asked: list[str] = []

    def nearly_used_up(path: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        headers = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "50"}
        return 200, headers, b"[]"

    telemetry = MemoryTelemetry()
    with answering(nearly_used_up) as address:
        broker = broker_at(address, telemetry=telemetry)
        broker.open_orders()
        with pytest.raises(RetryableError):
            broker.open_orders()
        broker.open_orders()
        with pytest.raises(RetryableError):
            broker.orders_since(LONG_AGO)

    assert len(asked) == 2
    assert telemetry.measures == [("RateLimitHeadroom", 25.0, "Percent")] * 2
