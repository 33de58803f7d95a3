"""Our REST adapter of the feed against the local feed, held against the vendor's own client too."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
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


Answer = tuple[int, Any]


@contextmanager
def vendor(*answers: Answer) -> Iterator[tuple[PolygonHistory, list[str], list[str]]]:
    """A history whose vendor gives these answers, the last one for ever; what it was asked for, and
    with which keys.
    """
    asked: list[str] = []
    keys: list[str] = []
    left = list(answers)

    class Scripted(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            keys.append(self.headers["Authorization"])
            code, said = left.pop(0) if len(left) > 1 else left[0]
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Scripted) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield history_at(f"127.0.0.1:{server.server_port}"), asked, keys
        server.shutdown()


NOON = datetime(2024, 3, 4, 17, 0, tzinfo=UTC)
HOUR = {"start": NOON, "end": NOON + timedelta(hours=1)}
ROW = {"t": 1709571600000, "o": 1, "h": 1, "l": 1, "c": 1, "v": 10.5}
PRINT = {"sip_timestamp": 1709571600000123456, "price": 10.0, "sequence_number": 7}


def test_the_key_goes_in_the_header_and_not_in_the_address() -> None:
    with vendor((200, {"status": "OK"})) as (history, asked, keys):
        history.minute_bars("AAA", **HOUR)

    assert keys == ["Bearer feed-key"]
    assert "feed-key" not in asked[0]


def test_bars_are_asked_for_unadjusted_oldest_first_and_as_many_as_there_are() -> None:
    with vendor((200, {"status": "OK"})) as (history, asked, _):
        history.minute_bars("A/B", **HOUR)

    path, query = asked[0].split("?")
    assert path == "/v2/aggs/ticker/A%2FB/range/1/minute/1709571600000/1709575199999"
    assert query == "adjusted=false&sort=asc&limit=50000"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "OK", "resultsCount": 0},
        {"status": "OK", "results": None},
        {"status": "DELAYED", "results": []},
    ],
    ids=["absent", "null", "delayed"],
)
def test_an_answer_without_results_is_an_empty_one(body: dict[str, Any]) -> None:
    with vendor((200, body)) as (history, _, _):
        assert list(history.minute_bars("AAA", **HOUR)) == []
        assert list(history.trades("AAA", **HOUR)) == [[]]


def test_a_delayed_plan_answers_like_any_other_and_volumes_have_fractions() -> None:
    with vendor((200, {"status": "DELAYED", "results": [ROW]})) as (history, _, _):
        (bar,) = history.minute_bars("AAA", **HOUR)

    assert (bar["start"], bar["volume"]) == (NOON, 10.5)


def test_the_next_page_is_asked_for_as_it_was_named_and_never_elsewhere() -> None:
    elsewhere = "https://api.elsewhere.example:443"
    next_url = f"{elsewhere}/v2/aggs/ticker/AAA/range/1/minute/1709571660000/x?cursor=a%3Db%2Bc"
    pages = (200, {"results": [ROW], "next_url": next_url}), (200, {"results": [ROW]})
    with vendor(*pages) as (history, asked, keys):
        bars = history.minute_bars("AAA", **HOUR)

    assert len(bars) == 2
    assert asked[1] == next_url.removeprefix(elsewhere)
    assert len(keys) == 2


def test_prints_are_asked_for_by_nanoseconds_oldest_first() -> None:
    with vendor((200, {"results": [PRINT]})) as (history, asked, _):
        ((print_,),) = history.trades("AAA", **HOUR)

    assert "timestamp.gte=1709571600000000000&timestamp.lt=1709575200000000000" in asked[0]
    assert "order=asc&sort=timestamp&limit=50000" in asked[0]
    assert (print_.at_ms, print_.sequence) == (1709571600000, 7)


@pytest.mark.parametrize("code", [408, 413, 429, 499, 500, 502, 503, 504])
def test_what_may_get_better_is_asked_for_three_times(code: int) -> None:
    with (
        vendor((code, {"status": "ERROR", "error": "later"})) as (history, asked, _),
        pytest.raises(RetryableError, match=str(code)),
    ):
        history.minute_bars("AAA", **HOUR)

    assert len(asked) == 3


def test_the_answer_of_a_second_try_is_taken() -> None:
    with vendor((503, b"<html>"), (200, {"results": [ROW]})) as (history, asked, _):
        assert len(history.minute_bars("AAA", **HOUR)) == 1

    assert len(asked) == 2


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_what_never_gets_better_is_asked_for_once(code: int) -> None:
    body = {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}
    with (
        vendor((code, body)) as (history, asked, _),
        pytest.raises(PermanentError, match="not entitled"),
    ):
        history.minute_bars("AAA", **HOUR)

    assert len(asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"results": ', b""])
def test_an_answer_that_is_no_object_is_asked_for_again(body: bytes) -> None:
    with (
        vendor((200, body)) as (history, asked, _),
        pytest.raises(RetryableError, match="JSON object"),
    ):
        history.minute_bars("AAA", **HOUR)

    assert len(asked) == 3
