"""Every situation that the vendor is known for, through a real socket: what the server does, what
the session says, and how long it waits before it comes again.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.server import ServerConnection, serve

from ingest_container.sockets import keep_connected
from quantterminal.adapters.polygon.session import PolygonSession
from quantterminal.ports.streams import (
    BarSeen,
    FeedEvent,
    FeedLive,
    FrameUnreadable,
    SessionReport,
    SessionState,
)
from quantterminal.ports.ticks import TicksSeen
from tests.contract.market_process import asynchronous

PATIENCE_S = 15.0
PAIRS = ["AM.IBM", "T.IBM"]
TRADE = {"ev": "T", "sym": "IBM", "p": 10.0, "s": 100, "t": 1381152600000, "q": 1}
BAR = {"ev": "AM", "sym": "IBM", "s": 1381152600000, "o": 1, "h": 1, "l": 1, "c": 1, "v": 10}
LIMIT = "Maximum number of websocket connections exceeded. "
Talk = Callable[[ServerConnection], Awaitable[None]]


@dataclass
class Heard:
    """What came out of the session, until it has been told that its connection is gone."""

    session: PolygonSession
    events: list[FeedEvent] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def reports(self) -> list[str]:
        return [each.event for each in self.events if isinstance(each, SessionReport)]

    def of(self, kind: type) -> list[FeedEvent]:
        return [each for each in self.events if isinstance(each, kind)]

    def close_code(self) -> str:
        gone = next(
            each
            for each in self.events
            if isinstance(each, SessionReport) and each.event == "feed_disconnected"
        )
        return gone.fields["code"]


async def say(socket: ServerConnection, *statuses: tuple[str, str]) -> None:
    events = [{"ev": "status", "status": name, "message": text} for name, text in statuses]
    await socket.send(json.dumps(events))


async def hear(socket: ServerConnection) -> str:
    return str(json.loads(await socket.recv())["params"])


async def log_in(socket: ServerConnection) -> None:
    await say(socket, ("connected", "Connected Successfully"))
    assert await hear(socket) == "key"
    await say(socket, ("auth_success", "authenticated"))


async def go_live(socket: ServerConnection, pairs: Sequence[str] = PAIRS) -> None:
    await log_in(socket)
    assert await hear(socket) == ",".join(PAIRS)
    await say(socket, *(("success", f"subscribed to: {pair}") for pair in pairs))


def drop(socket: ServerConnection) -> None:
    socket.transport.abort()


async def talk(
    script: Talk, *, until: Callable[[Heard], bool], symbols: Sequence[str] = ("IBM",)
) -> Heard:
    """Run one session against the script until the condition holds."""
    session = PolygonSession(
        api_key="key",
        symbols=symbols,
        channels=("AM", "T"),
        draw=lambda: 0.5,
        stall_after_s=1.0,
    )
    heard = Heard(session)

    async def answer(socket: ServerConnection) -> None:
        with contextlib.suppress(Exception):
            await script(socket)

    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        task = asyncio.create_task(
            keep_connected(
                session,
                f"ws://127.0.0.1:{port}",
                on_time=lambda now: session.on_time(now, expects_data=True),
                handle=heard.events.extend,
                receive_all=session.receive_all,
            )
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not until(heard):
                    assert not task.done(), await task
                    await asyncio.sleep(0.005)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    return heard


def gone(heard: Heard) -> bool:
    return "feed_disconnected" in heard.reports()


async def bad_key(socket: ServerConnection) -> None:
    await say(socket, ("connected", "Connected Successfully"))
    await hear(socket)
    await say(socket, ("auth_failed", "authentication failed"))
    drop(socket)


async def no_plan(socket: ServerConnection) -> None:
    await say(socket, ("connected", "Connected Successfully"))
    await hear(socket)
    await say(socket, ("auth_failed", "Your plan doesn't include websocket access."))
    await socket.close(1000)


async def no_login_heard(socket: ServerConnection) -> None:
    await say(socket, ("connected", "Connected Successfully"))
    await say(socket, ("auth_timeout", "No authentication request received."))
    await socket.wait_closed()


async def kicked(socket: ServerConnection) -> None:
    await go_live(socket)
    await say(socket, ("max_connections", LIMIT))
    await socket.close(1008, LIMIT.strip())


async def kicked_without_a_word(socket: ServerConnection) -> None:
    await go_live(socket)
    await socket.close(1008)


async def kicked_in_the_frame_of_its_data(socket: ServerConnection) -> None:
    await go_live(socket)
    status = {"ev": "status", "status": "max_connections", "message": LIMIT}
    await socket.send(json.dumps([TRADE, status]))
    await socket.close(1008)


async def too_slow(socket: ServerConnection) -> None:
    await go_live(socket)
    await say(socket, ("slow_consumer", "too slow"))
    await socket.close(1008 + 3)


async def sent_away(socket: ServerConnection) -> None:
    await go_live(socket)
    await say(socket, ("force_disconnect", "bye"))
    await socket.wait_closed()


async def good_bye(socket: ServerConnection) -> None:
    await go_live(socket)
    await socket.close(1000)


async def broken_line(socket: ServerConnection) -> None:
    await go_live(socket)
    drop(socket)


async def silent(socket: ServerConnection) -> None:
    await go_live(socket)
    await socket.wait_closed()


async def never_greeted(socket: ServerConnection) -> None:
    drop(socket)


@pytest.mark.parametrize(
    ("script", "report", "code", "at_least_s"),
    [
        (bad_key, "feed_auth_failed", "none", 60.0),
        (no_plan, "feed_auth_failed", None, 60.0),
        (no_login_heard, "feed_auth_timeout", None, 0.0),
        (kicked, "feed_max_connections", None, 60.0),
        (kicked_without_a_word, "feed_disconnected", "1008", 60.0),
        (kicked_in_the_frame_of_its_data, "feed_max_connections", None, 60.0),
        (too_slow, "feed_slow_consumer", "1011", 0.0),
        (sent_away, "feed_force_disconnect", None, 0.0),
        (good_bye, "feed_disconnected", "1000", 0.0),
        (broken_line, "feed_disconnected", "none", 0.0),
        (silent, "feed_stalled", None, 0.0),
        (never_greeted, "feed_disconnected", "none", 0.0),
    ],
)
@asynchronous
async def test_the_end_of_a_connection(
    script: Talk, report: str, code: str | None, at_least_s: float
) -> None:
    heard = await talk(script, until=gone)

    assert report in heard.reports()
    assert code is None or heard.close_code() == code
    delay = heard.session.connect_delay()
    assert at_least_s <= delay
    assert delay < 30.0 or at_least_s


def live_with(*missing: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.of(FeedLive) == [FeedLive(missing)]


@asynchronous
async def test_a_channel_that_is_unknown_is_answered_with_silence_and_counted() -> None:
    async def script(socket: ServerConnection) -> None:
        await go_live(socket, PAIRS[:1])
        await socket.wait_closed()

    heard = await talk(script, until=live_with("T.IBM"))

    assert heard.session.state is SessionState.LIVE


@asynchronous
async def test_a_channel_that_the_plan_lacks_is_told_before_the_others() -> None:
    async def script(socket: ServerConnection) -> None:
        await log_in(socket)
        await hear(socket)
        await say(socket, ("error", "not authorized"))
        for pair in PAIRS[:1]:
            await say(socket, ("success", f"subscribed to: {pair}"))
        await socket.wait_closed()

    heard = await talk(script, until=live_with("T.IBM"))

    assert heard.reports() == ["feed_status"]


@asynchronous
async def test_acknowledgements_in_one_frame_or_one_each_and_data_between_them() -> None:
    async def script(socket: ServerConnection) -> None:
        await log_in(socket)
        await hear(socket)
        await say(socket, ("success", "subscribed to: AM.IBM"))
        await socket.send(json.dumps([TRADE, BAR]))
        await say(socket, ("success", "subscribed to: T.IBM"))
        await socket.wait_closed()

    heard = await talk(script, until=lambda heard: bool(heard.of(BarSeen)))

    assert [type(each) for each in heard.events] == [FeedLive, TicksSeen, BarSeen]


@pytest.mark.parametrize("frame", ["<html>", b"\xff\xfe", "[", "{}", "null", '[{"ev":"XYZ"}]'])
@asynchronous
async def test_f10_a_frame_that_makes_no_sense_is_survived(frame: str | bytes) -> None:
    async def script(socket: ServerConnection) -> None:
        await go_live(socket)
        await socket.send(frame)
        await socket.send(json.dumps([TRADE]))
        await socket.wait_closed()

    heard = await talk(script, until=lambda heard: bool(heard.of(TicksSeen)))

    odd = [each for each in heard.events if isinstance(each, SessionReport | FrameUnreadable)]
    assert len(odd) == (0 if frame == "null" else 1) or isinstance(odd[0], FrameUnreadable)
    assert heard.session.state is SessionState.LIVE


@asynchronous
async def test_a_message_in_pieces_is_one_message() -> None:
    async def script(socket: ServerConnection) -> None:
        await go_live(socket)
        text = json.dumps([TRADE, TRADE])
        await socket.send([text[:10], text[10:30], text[30:]])
        await socket.send(json.dumps([BAR]))
        await socket.wait_closed()

    heard = await talk(script, until=lambda heard: bool(heard.of(BarSeen)))

    (ticks,) = heard.of(TicksSeen)
    assert isinstance(ticks, TicksSeen)
    assert len(ticks.trades) == 2


@asynchronous
async def test_a_login_that_succeeds_each_time_never_resets_the_waiting() -> None:
    delays: list[float] = []

    async def script(socket: ServerConnection) -> None:
        await go_live(socket)
        drop(socket)

    def three_times(heard: Heard) -> bool:
        times = heard.reports().count("feed_disconnected")
        if times > len(delays):
            delays.append(heard.session.connect_delay())
        return times >= 3

    await talk(script, until=three_times)

    assert delays == [0.25, 0.5, 1.0]
