"""Every kind of event and every oddity that the vendor is known for, through a real socket."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from quantterminal.domain.price_bands import PriceBand
from quantterminal.ports.streams import (
    BandSeen,
    BarSeen,
    FeedEvent,
    FeedLive,
    FrameUnreadable,
    HaltSeen,
    SessionReport,
    SessionState,
)
from quantterminal.ports.ticks import TicksSeen
from tests.contract.market_process import asynchronous
from tests.contract.test_feed_situations import BAR, TRADE, Heard, go_live, say, talk

AT_MS, AT_US, AT_NS = 1601316752683, 1601316752683746, 1601316752683746123
AT = datetime(2020, 9, 28, 18, 12, 32, tzinfo=UTC)
QUOTE = {"ev": "Q", "sym": "IBM", "bp": 9.9, "ap": 10.1, "bs": 1, "as": 2, "t": AT_MS, "q": 2}
LULD = {"ev": "LULD", "T": "IBM", "h": 10.5, "l": 9.5, "i": [21], "z": 3, "t": AT_NS, "q": 3}
NOI = {"ev": "NOI", "T": "IBM", "t": AT_NS, "at": 930, "a": "M", "i": 44, "x": 10, "b": 10.0}
FMV = {"ev": "FMV", "sym": "IBM", "fmv": 10.0, "t": AT_MS}
SECOND = {**BAR, "ev": "A"}
LAST = {**BAR, "s": BAR["s"] + 60_000}  # type: ignore[operator]  # a number
Check = Callable[[FeedEvent], bool]


async def said_of(*events: dict[str, Any]) -> list[FeedEvent]:
    """What came out of one frame, and nothing else."""

    async def script(socket: ServerConnection) -> None:
        await go_live(socket)
        await socket.send(json.dumps(events))
        await socket.send(json.dumps([LAST]))
        await socket.wait_closed()

    def is_last(event: FeedEvent) -> bool:
        return isinstance(event, BarSeen) and event.bar["start"] != _start_of(BAR)

    heard = await talk(script, until=lambda heard: any(map(is_last, heard.events)))
    assert heard.session.state is SessionState.LIVE
    return [each for each in heard.events if not is_last(each) and not isinstance(each, FeedLive)]


def _start_of(bar: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(bar["s"] / 1000, UTC)


def is_trade(**fields: Any) -> Check:
    def check(event: FeedEvent) -> bool:
        assert isinstance(event, TicksSeen)
        (trade,) = event.trades
        return all(getattr(trade, name) == value for name, value in fields.items())

    return check


def is_quote(**fields: Any) -> Check:
    def check(event: FeedEvent) -> bool:
        assert isinstance(event, TicksSeen)
        (quote,) = event.quotes
        return all(getattr(quote, name) == value for name, value in fields.items())

    return check


def is_bar(**fields: Any) -> Check:
    def check(event: FeedEvent) -> bool:
        assert isinstance(event, BarSeen)
        return all(event.bar[name] == value for name, value in fields.items())

    return check


def is_report(name: str) -> Check:
    return lambda event: isinstance(event, SessionReport) and event.event == name


@pytest.mark.parametrize(
    ("event", "check"),
    [
        pytest.param(TRADE, is_trade(price=10.0, size=100, sequence=1), id="T"),
        pytest.param(QUOTE, is_quote(bid=9.9, ask=10.1, bid_size=1, ask_size=2), id="Q"),
        pytest.param(BAR, is_bar(symbol="IBM", close=1, volume=10), id="AM"),
        pytest.param(
            LULD,
            lambda event: event == BandSeen("IBM", PriceBand(Decimal("9.5"), Decimal("10.5"))),
            id="LULD",
        ),
        pytest.param(
            {**LULD, "i": [17]},
            lambda event: isinstance(event, HaltSeen) and event.at.replace(microsecond=0) == AT,
            id="LULD of a halt",
        ),
        pytest.param(NOI, is_report("feed_imbalance"), id="NOI"),
        pytest.param(
            {"ev": "status", "status": "news", "message": "of the vendor"},
            is_report("feed_status"),
            id="status",
        ),
        pytest.param({"ev": "XYZ", "sym": "IBM"}, is_report("feed_event_unknown"), id="unknown"),
        pytest.param({**TRADE, "new": [1, {}]}, is_trade(price=10.0), id="unknown field"),
        pytest.param(
            {**TRADE, "t": float(AT_MS), "q": 7.0, "c": [14.0]},
            is_trade(at_ms=AT_MS, sequence=7, conditions=(14,)),
            id="whole numbers with a fraction",
        ),
        pytest.param({**BAR, "v": 10.0, "s": float(BAR["s"])}, is_bar(volume=10), id="12.0 in AM"),  # type: ignore[arg-type]  # a number
        pytest.param({**TRADE, "s": 0, "ds": "0.25"}, is_trade(size=0.25), id="ds"),
        pytest.param({**BAR, "dv": "10.5", "dav": "10.5"}, is_bar(volume=10.5), id="dv"),
        pytest.param({**TRADE, "p": "10.25"}, is_trade(price=10.25), id="number as a string"),
        pytest.param({**TRADE, "trfi": 202, "trft": AT_MS}, is_trade(trf=202), id="trf"),
        pytest.param(
            {"ev": "T", "sym": "IBM"},
            lambda event: isinstance(event, FrameUnreadable),
            id="a trade without a price",
        ),
    ],
)
@asynchronous
async def test_an_event_is_what_it_says(event: dict[str, Any], check: Check) -> None:
    (said,) = await said_of(event)

    assert check(said)


@pytest.mark.parametrize("event", [SECOND, FMV], ids=["A", "FMV"])
@asynchronous
async def test_an_event_that_is_known_and_not_used_says_nothing(event: dict[str, Any]) -> None:
    assert await said_of(event) == []


@pytest.mark.parametrize("at", [AT_NS, AT_US, AT_MS], ids=["ns", "us", "ms"])
@asynchronous
async def test_the_time_of_a_band_may_be_finer_than_documented(at: int) -> None:
    (said,) = await said_of({**LULD, "i": [18], "t": at})

    assert isinstance(said, HaltSeen)
    assert (said.at.replace(microsecond=0), said.is_over) == (AT, True)


@asynchronous
async def test_a_bar_that_is_sent_again_comes_again_for_the_door_to_judge() -> None:
    first, second = await said_of(BAR, {**BAR, "c": 1.5, "h": 1.5})

    assert is_bar(close=1)(first)
    assert is_bar(close=1.5)(second)


@asynchronous
async def test_all_kinds_and_several_symbols_share_a_frame() -> None:
    other = {**TRADE, "sym": "SPY"}
    said = await said_of(TRADE, LULD, QUOTE, other, NOI, FMV, BAR)

    (ticks,) = (each for each in said if isinstance(each, TicksSeen))
    assert [each.symbol for each in ticks.trades] == ["IBM", "SPY"]
    assert [type(each) for each in said] == [TicksSeen, BandSeen, SessionReport, BarSeen]


@asynchronous
async def test_a_ticker_that_nobody_knows_is_acknowledged_and_silent_for_ever() -> None:
    async def script(socket: ServerConnection) -> None:
        await say(socket, ("connected", "Connected Successfully"))
        await socket.recv()
        await say(socket, ("auth_success", "authenticated"))
        pairs = json.loads(await socket.recv())["params"].split(",")
        assert "T.NOBODY" in pairs
        await say(socket, *(("success", f"subscribed to: {pair}") for pair in pairs))
        await socket.send(json.dumps([TRADE]))
        await socket.send(json.dumps([LAST]))
        await socket.wait_closed()

    def is_through(heard: Heard) -> bool:
        return bool(heard.of(BarSeen))

    heard = await talk(script, until=is_through, symbols=("IBM", "NOBODY"))

    assert heard.of(FeedLive) == [FeedLive()]
    assert [type(each) for each in heard.events] == [FeedLive, TicksSeen, BarSeen]
    assert heard.session.state is SessionState.LIVE
