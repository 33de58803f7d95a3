"""Our REST adapter of the feed against the local feed, held against the vendor's own client too."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from quantterminal.adapters.polygon.client import PolygonHistory
from quantterminal.domain.bars import minute_of
from quantterminal.domain.corporate_actions import ActionKind
from quantterminal.domain.errors import PermanentError, RetryableError
from tests.contract.market_process import MarketProcess, market


@pytest.fixture
def running(tmp_path: Path) -> Iterator[MarketProcess]:
    with market(tmp_path) as process:
        process.step_to("minute", times=5)
        yield process


def history_at(address: str, **changes: Any) -> PolygonHistory:
    settings: dict[str, Any] = {
        "base_url": f"http://{address}",
        "api_key": "feed-key",
        "draw": lambda: 0.0,
        "sleep": lambda _seconds: None,
        **changes,
    }
    return PolygonHistory(**settings)


def played_until(process: MarketProcess) -> datetime:
    return minute_of(datetime.fromisoformat(process.state()["now"]))


def test_bars_of_an_interval_start_inclusive_end_exclusive(running: MarketProcess) -> None:
    end = played_until(running)
    history = history_at(running.feed)

    bars = history.minute_bars("AAA", start=end - timedelta(minutes=3), end=end)
    fewer = history.minute_bars(
        "AAA", start=end - timedelta(minutes=3), end=end - timedelta(minutes=1)
    )

    starts = [end - timedelta(minutes=minutes) for minutes in (3, 2, 1)]
    assert [bar["start"] for bar in bars] == starts
    assert list(fewer) == list(bars[:2])
    assert all(bar["low"] <= bar["close"] <= bar["high"] for bar in bars)


def test_nothing_there_is_an_empty_answer(running: MarketProcess) -> None:
    end = played_until(running)
    history = history_at(running.feed)

    assert list(history.minute_bars("AAA", start=end, end=end)) == []
    assert list(history.minute_bars("NOPE", start=end - timedelta(minutes=3), end=end)) == []


def test_a_wrong_key_never_gets_better(running: MarketProcess) -> None:
    sleeps: list[float] = []
    history = history_at(running.feed, api_key="wrong", sleep=sleeps.append)
    end = played_until(running)

    with pytest.raises(PermanentError):
        history.minute_bars("AAA", start=end - timedelta(minutes=3), end=end)

    assert sleeps == []


def test_a_vendor_that_is_away_is_asked_three_times(running: MarketProcess) -> None:
    sleeps: list[float] = []
    history = history_at(running.feed, sleep=sleeps.append, draw=lambda: 0.5)
    end = played_until(running)
    running.stop()

    with pytest.raises(RetryableError):
        history.minute_bars("AAA", start=end - timedelta(minutes=3), end=end)

    assert sleeps == [0.25, 0.5]


def test_prints_of_an_interval_come_oldest_first_and_in_pages(running: MarketProcess) -> None:
    end = played_until(running) + timedelta(minutes=1)
    history = history_at(running.feed)

    (page,) = history.trades("AAA", start=end - timedelta(hours=1), end=end)

    assert len(page) > 10
    times = [each.at_ms for each in page]
    assert times == sorted(times)
    assert len({each.sequence for each in page}) == len(page)
    assert list(history.trades("NOPE", start=end - timedelta(hours=1), end=end)) == [[]]


def test_conditions_and_actions_of_the_local_feed(running: MarketProcess) -> None:
    history = history_at(running.feed)

    assert history.actions("AAA", since=date(2024, 1, 1)) == []
    assert not history.condition_rules().updates([2]).high_low


class Vendor(BaseHTTPRequestHandler):
    """Splits on two pages, the second only behind the address that the first one names."""

    def do_GET(self) -> None:
        split = {"ticker": "AAA", "split_from": 1, "split_to": 2, "execution_date": "2024-06-10"}
        pages: dict[str, Any] = {
            "/v3/reference/splits?ticker=AAA&execution_date.gte=2024-01-01&limit=1000": {
                "results": [split | {"id": "E1"}, {"ticker": "AAA", "split_from": 0}],
                "next_url": "https://api.elsewhere.example:443/v3/reference/splits?cursor=a%3Db",
            },
            "/v3/reference/splits?cursor=a%3Db": {"results": [split | {"id": "E2"}]},
            "/v3/reference/dividends?ticker=AAA&ex_dividend_date.gte=2024-01-01&limit=1000": {
                "results": [{"ticker": "AAA", "cash_amount": 0.5, "ex_dividend_date": "2024-02-09"}]
            },
        }
        body = json.dumps(pages[self.path]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


def test_splits_and_dividends_are_read_to_the_last_page() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Vendor) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        found = history_at(f"127.0.0.1:{server.server_port}").actions("AAA", since=date(2024, 1, 1))
        server.shutdown()

    assert [(each.id, each.kind) for each in found] == [
        ("E1", ActionKind.SPLIT),
        ("E2", ActionKind.SPLIT),
        ("AAA:dividend:2024-02-09", ActionKind.DIVIDEND),
    ]
    assert (found[0].price_factor, found[2].cash) == (0.5, 0.5)
