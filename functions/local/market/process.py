"""Puts the market together from its configuration and serves it until told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from local.market.bar_files import read_recording
from local.market.bars import RawBar, instant
from local.market.broker_server import BrokerServer
from local.market.config import ConfigError, MarketConfig
from local.market.control import ControlServer, Extent
from local.market.desk import Desk
from local.market.faults import Faults
from local.market.feed_rest import FeedRest
from local.market.feed_server import FeedServer
from local.market.matching import Broker
from local.market.player import MarketClock, Player
from local.market.rate_limit import RateLimit
from local.market.synthetic import SyntheticMarket
from local.market.tape import Tape
from local.market.timeline import LEAD_MS, timeline
from local.market.update_stream import UpdateStream
from local.market.wire import dumps
from quantterminal.adapters.clock.replay import ReplayClock, ReplayClockWriter
from quantterminal.domain.errors import CalendarRangeError

_HOST = "127.0.0.1"
_SHUTDOWN_S = 0.5


@dataclass(frozen=True, slots=True)
class _Source:
    """What there is to play, before it is played."""

    minutes: Iterable[tuple[int, Sequence[RawBar]]]
    symbols: tuple[str, ...]
    starts_at: datetime
    extent: Extent
    seed: int
    warmup: Sequence[tuple[int, Sequence[RawBar]]] = ()


class Market:
    """All servers and the player of one run, ready to be served."""

    def __init__(self, config: MarketConfig) -> None:
        """Reads every bar file; raises BarFileError, ConfigError or OSError (the clock file)."""
        source = _recorded(config) if config.bars else _synthetic(config)
        self._config = config
        self._faults = faults = Faults()
        writer = ReplayClockWriter(config.clock_file, start=source.starts_at)
        clock = MarketClock(writer, ReplayClock(config.clock_file))
        tape, broker = Tape(), _broker(config, source)
        for _, bars in source.warmup:
            tape.add_bars(bars)
            broker.account.marks.update((bar.symbol, Decimal(str(bar.close))) for bar in bars)
        stream = UpdateStream(api_key=config.api_key, api_secret=config.api_secret, faults=faults)
        desk = Desk(broker, stream, now=clock.now, faults=faults)
        feed = FeedServer(api_key=config.feed_key, connection_limit=config.connection_limit)
        self._player = Player(
            timeline(source.minutes),
            clock=clock,
            speed=config.speed,
            tape=tape,
            feed=feed,
            desk=desk,
            faults=faults,
        )
        rest = FeedRest(tape, api_key=config.feed_key, now=clock.now)
        self._apps = {
            "feed_port": (_feed_app(feed, rest), config.feed_port),
            "broker_port": (self._broker_app(desk, source.starts_at), config.broker_port),
            "control_port": (
                ControlServer(
                    self._player,
                    clock=clock,
                    feed=feed,
                    desk=desk,
                    faults=faults,
                    extent=source.extent,
                ).app(),
                config.control_port,
            ),
        }

    async def serve(self) -> None:
        """Listens, says so in one line on standard output, and returns after SIGTERM or SIGINT."""
        stopped = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
        async with contextlib.AsyncExitStack() as stack:
            ports = {
                name: await _listen(app, port, stack) for name, (app, port) in self._apps.items()
            }
            print(dumps({"ready": True, **ports}), flush=True)  # noqa: T201 - the parent reads it
            if self._config.speed and not self._config.paused:
                self._player.go_on()
            await _until(stopped, self._player)

    def _broker_app(self, desk: Desk, opened_at: datetime) -> web.Application:
        return BrokerServer(
            desk,
            api_key=self._config.api_key,
            api_secret=self._config.api_secret,
            rate_limit=RateLimit(self._config.rate_limit),
            faults=self._faults,
            opened_at=opened_at,
        ).app()


async def _until(stopped: asyncio.Event, player: Player) -> None:
    """Plays by itself where it should; an error of the player ends the process."""
    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(stopped.wait())]
    if player.speed:
        waiting.append(asyncio.create_task(player.run()))
    try:
        while not stopped.is_set():
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                waiting.remove(task)
                task.result()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _listen(app: web.Application, port: int, stack: contextlib.AsyncExitStack) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, _HOST, port).start()
    return int(runner.addresses[0][1])


def _feed_app(feed: FeedServer, rest: FeedRest) -> web.Application:
    app = web.Application(middlewares=[rest.answer])
    app.router.add_get("/stocks", feed.serve)
    app.add_routes(rest.routes())
    return app


def _broker(config: MarketConfig, source: _Source) -> Broker:
    return Broker(
        cash=config.starting_cash,
        symbols=source.symbols,
        seed=source.seed,
        participation=config.participation,
    )


def _recorded(config: MarketConfig) -> _Source:
    recording = read_recording(config.bars)
    return _Source(
        minutes=recording.minutes,
        symbols=recording.symbols,
        starts_at=instant(recording.minutes[0][0] - LEAD_MS),
        extent=Extent(recording.rows, recording.in_session, "recorded"),
        seed=0,
    )


def _synthetic(config: MarketConfig) -> _Source:
    wanted = config.synthetic
    try:
        market = SyntheticMarket(
            seed=wanted.seed,
            symbols=wanted.symbols,
            start=wanted.start,
            sessions=wanted.sessions,
            warmup_minutes=wanted.warmup_minutes,
        )
    except CalendarRangeError as error:
        raise ConfigError(f"synthetic.start: {error}") from error
    return _Source(
        minutes=_walk(market),
        symbols=tuple(sorted(wanted.symbols)),
        starts_at=instant(market.first_minute_ms - LEAD_MS),
        extent=Extent(market.bar_count, market.bar_count, "synthetic"),
        seed=wanted.seed,
        warmup=market.warmup,
    )


def _walk(market: SyntheticMarket) -> Iterator[tuple[int, Sequence[RawBar]]]:
    yield from market.minutes()
