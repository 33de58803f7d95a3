"""The feed server against the vendor's own client, unmodified."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import massive
import pytest
import websockets
from massive.exceptions import AuthError, BadResponse
from massive.websocket.models import EquityAgg, EquityQuote, EquityTrade
from websockets.exceptions import ConnectionClosedError

from tests.contract.market_process import PATIENCE_S, MarketProcess, asynchronous, market, until

PROTOCOLS = Path(__file__).resolve().parents[3] / "shared" / "protocols" / "polygon"
FIRST_MINUTE = 1_709_562_600_000  # 2024-03-04 14:30 UTC


@pytest.fixture
def running(tmp_path: Path) -> Iterator[MarketProcess]:
    with market(tmp_path) as started:
        yield started


@pytest.fixture
def rest(running: MarketProcess) -> massive.RESTClient:
    return massive.RESTClient("feed-key", base=f"http://{running.feed}", retries=0)


def client(running: MarketProcess, *channels: str, key: str = "feed-key") -> Any:
    return massive.WebSocketClient(
        api_key=key,
        feed=running.feed,
        market="stocks",
        secure=False,
        subscriptions=list(channels),
        max_reconnects=0,
    )


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.to_thread(work, *args)


@asynccontextmanager
async def received(running: MarketProcess, *channels: str) -> AsyncIterator[list[Any]]:
    """What the official client gets while the block runs."""
    events: list[Any] = []

    async def take(messages: list[Any]) -> None:
        events.extend(messages)

    official = client(running, *channels)
    task = asyncio.create_task(official.connect(take))
    await in_thread(until, lambda: running.state()["feed"]["subscribed"], "the subscription")
    try:
        yield events
    finally:
        await official.close()
        task.cancel()
        with suppress(asyncio.CancelledError, ConnectionClosedError):
            await task


async def eventually(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


@asynchronous
async def test_the_official_client_gets_quotes_trades_and_minute_bars(
    running: MarketProcess,
) -> None:
    async with received(running, "AM.AAA", "T.AAA", "Q.AAA") as events:
        await in_thread(running.step_to, "minute")
        await eventually(lambda: len(events) >= 9)

    bars = [event for event in events if isinstance(event, EquityAgg)]
    trades = [event for event in events if isinstance(event, EquityTrade)]
    quotes = [event for event in events if isinstance(event, EquityQuote)]
    assert [len(bars), len(trades), len(quotes)] == [1, 4, 4]
    assert bars[0].start_timestamp == FIRST_MINUTE
    assert bars[0].end_timestamp == FIRST_MINUTE + 60_000
    assert trades[0].price == bars[0].open == bars[0].official_open_price
    assert trades[-1].price == bars[0].close
    assert max(trade.price for trade in trades) == bars[0].high
    assert min(trade.price for trade in trades) == bars[0].low
    assert sum(trade.size for trade in trades) == bars[0].volume
    assert [trade.timestamp - FIRST_MINUTE for trade in trades] == [5_000, 20_000, 35_000, 50_000]
    assert all(quote.bid_price < quote.ask_price for quote in quotes)
    assert {event.symbol for event in events} == {"AAA"}


@asynchronous
async def test_a_wildcard_gets_every_symbol(running: MarketProcess) -> None:
    async with received(running, "AM.*") as events:
        await in_thread(running.step_to, "minute")
        await eventually(lambda: len(events) == 2)

    assert [event.symbol for event in events] == ["AAA", "BBB"]
    assert running.state()["feed"]["sent"] == 2


@asynchronous
async def test_events_have_exactly_the_fields_of_the_vendor(running: MarketProcess) -> None:
    path = PROTOCOLS / "ws_samples" / "stocks_events_openapi_examples.json"
    if not path.exists():
        pytest.skip("the vendor's examples are not on this machine")
    samples = json.loads(path.read_text())
    async with socket_to(running) as socket:
        await say(socket, "auth", "feed-key")
        await say(socket, "subscribe", "AM.AAA,T.AAA,Q.AAA")
        await in_thread(running.step_to, "minute")
        events = [event for _ in range(5) for event in await frame(socket)]

    seen = {event["ev"]: set(event) for event in events}
    assert seen["AM"] == set(samples["/stocks/AM"])
    assert seen["T"] == set(samples["/stocks/T"]) - {"c"}  # no condition: the field is left out
    assert seen["Q"] == set(samples["/stocks/Q"]) - {"c", "i"}


@asynchronous
async def test_a_bad_key_is_refused_and_dropped_without_a_close_frame(
    running: MarketProcess,
) -> None:
    async def ignore(_messages: list[Any]) -> None:
        raise AssertionError("Expected no data for a bad key")

    with pytest.raises(AuthError, match="authentication failed"):
        await client(running, "AM.*", key="wrong").connect(ignore)

    async with socket_to(running) as socket:
        answer = await say(socket, "auth", "wrong")
        with pytest.raises(ConnectionClosedError) as caught:
            await socket.recv()
    assert answer[0]["status"] == "auth_failed"
    assert caught.value.rcvd is None  # no close frame: what the client reports as 1006


@asynchronous
async def test_one_connection_too_many_evicts_the_older_one(running: MarketProcess) -> None:
    async with socket_to(running) as older, socket_to(running) as newer:
        await say(older, "auth", "feed-key")
        await say(older, "subscribe", "AM.AAA")
        await say(newer, "auth", "feed-key")
        await say(newer, "subscribe", "AM.AAA")

        last_words = await frame(older)
        with pytest.raises(ConnectionClosedError) as caught:
            await older.recv()
        await in_thread(running.step_to, "minute")

        assert last_words[0]["status"] == "max_connections"
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1008
        assert (await frame(newer))[0]["ev"] == "AM"


@asynchronous
async def test_unknown_channels_get_silence_and_foreign_ones_an_error(
    running: MarketProcess,
) -> None:
    async with socket_to(running) as socket:
        await say(socket, "auth", "feed-key")
        answer = await say(socket, "subscribe", "ZZ.AAA,NOI.AAA,AM.AAA,AM.NOBODY")
        error = answer if answer[0]["status"] == "error" else []
        acks = await frame(socket)

        assert error[0]["message"] == "not authorized"
        assert [ack["message"] for ack in acks] == [
            "subscribed to: AM.AAA",
            "subscribed to: AM.NOBODY",
        ]
        gone = await say(socket, "unsubscribe", "AM.AAA")
        assert gone[0]["message"] == "unsubscribed to: AM.AAA"


@asynchronous
async def test_a_stalled_feed_keeps_the_socket_and_loses_the_minute_but_not_its_history(
    running: MarketProcess, rest: massive.RESTClient
) -> None:
    async with received(running, "AM.AAA", "T.AAA") as events:
        running.fault("stall_feed")
        await in_thread(
            running.step_to,
            "minute",
        )
        await in_thread(running.step_to, "settle")
        await in_thread(running.step_to, "minute")
        await eventually(lambda: len(events) == 5)

    assert events[-1].start_timestamp == FIRST_MINUTE + 60_000
    found = rest.get_aggs("AAA", 1, "minute", FIRST_MINUTE, FIRST_MINUTE + 60_000)
    assert [bar.timestamp for bar in found] == [FIRST_MINUTE, FIRST_MINUTE + 60_000]


@asynchronous
async def test_a_cut_feed_drops_every_socket_at_once(running: MarketProcess) -> None:
    async with socket_to(running) as socket:
        await say(socket, "auth", "feed-key")
        await in_thread(running.fault, "cut_feed")
        with pytest.raises(ConnectionClosedError) as caught:
            await socket.recv()
    assert caught.value.rcvd is None


def test_history_is_paged_by_the_official_client(
    running: MarketProcess, rest: massive.RESTClient
) -> None:
    running.step_to("minute", times=25)

    forwards = list(rest.list_aggs("AAA", 1, "minute", "2024-03-04", "2024-03-04", limit=10))
    backwards = list(
        rest.list_aggs("AAA", 1, "minute", "2024-03-04", "2024-03-04", limit=7, sort="desc")
    )

    starts = [FIRST_MINUTE + minute * 60_000 for minute in range(25)]
    assert [bar.timestamp for bar in forwards] == starts
    assert [bar.timestamp for bar in backwards] == starts[::-1]


def test_history_begins_with_the_warm_up_and_never_shows_the_future(
    running: MarketProcess, rest: massive.RESTClient
) -> None:
    def bars() -> list[Any]:
        return list(rest.list_aggs("AAA", 1, "minute", "2024-03-01", "2024-03-05", limit=50_000))

    assert len(bars()) == 60
    running.step_to("price", times=4)
    assert len(bars()) == 60  # the minute is on, its bar is not out
    running.step_to("minute")
    assert len(bars()) == 61
    assert rest.get_aggs("NOBODY", 1, "minute", "2024-03-01", "2024-03-05") == []


def test_aggregates_have_the_fields_of_the_vendor(
    running: MarketProcess, rest: massive.RESTClient
) -> None:
    name = "v2__aggs__ticker__stocksTicker__range__multiplier__timespan__from__to.json"
    path = PROTOCOLS / "rest_samples" / name
    if not path.exists():
        pytest.skip("the vendor's examples are not on this machine")
    sample = json.loads(path.read_text())["responses_examples"]["200"]
    running.step_to("minute", times=2)

    raw = rest.get_aggs("AAA", 1, "minute", "2024-03-04", "2024-03-04", limit=1, raw=True)
    body = json.loads(raw.data)

    assert set(body) == set(sample) | {"count"}
    assert set(body["results"][0]) == set(sample["results"][0])


def test_ticks_are_those_that_were_played_newest_first(
    running: MarketProcess, rest: massive.RESTClient
) -> None:
    assert list(rest.list_trades("AAA")) == []
    running.step_to("minute", times=2)

    trades = list(rest.list_trades("AAA", limit=3))
    quotes = list(rest.list_quotes("AAA", limit=3, order="asc"))
    after = FIRST_MINUTE * 1_000_000 + 60_000_000_000
    recent = list(rest.list_trades("AAA", timestamp_gte=after, limit=10))
    of_day = list(rest.list_quotes("AAA", timestamp="2024-03-04"))

    assert [trade.sip_timestamp for trade in trades] == sorted(
        (trade.sip_timestamp for trade in trades), reverse=True
    )
    assert [len(trades), len(quotes), len(recent), len(of_day)] == [8, 8, 4, 8]
    assert quotes[0].sip_timestamp == (FIRST_MINUTE + 5_000) * 1_000_000
    assert quotes[0].bid_price < quotes[0].ask_price


def test_the_market_status_follows_the_markets_own_time(
    running: MarketProcess, rest: massive.RESTClient
) -> None:
    before = rest.get_market_status()
    running.step()
    during = rest.get_market_status()
    holidays = rest.get_market_holidays()

    assert (before.market, before.early_hours) == ("extended-hours", True)
    assert (during.market, during.exchanges.nyse) == ("open", "open")
    assert during.server_time == "2024-03-04T09:30:05-05:00"
    assert holidays[0].date == "2024-03-29"
    early = next(day for day in holidays if day.status == "early-close")
    assert (early.date, early.close) == ("2024-07-03", "2024-07-03T17:00:00.000Z")


def test_conditions_say_what_a_trade_updates(rest: massive.RESTClient) -> None:
    conditions = {condition.id: condition for condition in rest.list_conditions("stocks")}

    assert conditions[37].update_rules.consolidated.updates_high_low is False
    assert conditions[14].update_rules.consolidated.updates_open_close is True


@pytest.mark.parametrize(
    ("key", "path", "words"),
    [
        ("wrong", ("AAA", 1, "minute", "2024-03-04", "2024-03-04"), "Unknown API Key"),
        ("feed-key", ("AAA", 5, "minute", "2024-03-04", "2024-03-04"), "only range/1/minute"),
        ("feed-key", ("AAA", 1, "minute", "today", "2024-03-04"), "could not parse from"),
    ],
)
def test_what_is_wrong_or_not_served_is_an_error(
    running: MarketProcess, key: str, path: tuple[Any, ...], words: str
) -> None:
    rest = massive.RESTClient(key, base=f"http://{running.feed}", retries=0)

    with pytest.raises(BadResponse, match=words):
        rest.get_aggs(*path)


@asynccontextmanager
async def socket_to(running: MarketProcess) -> AsyncIterator[Any]:
    async with websockets.connect(f"ws://{running.feed}/stocks") as socket:
        assert await frame(socket) == [
            {"ev": "status", "status": "connected", "message": "Connected Successfully"}
        ]
        yield socket


async def say(socket: Any, action: str, params: str) -> list[dict[str, Any]]:
    await socket.send(json.dumps({"action": action, "params": params}))
    return await frame(socket)


async def frame(socket: Any) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE_S):
        return list(json.loads(await socket.recv()))
