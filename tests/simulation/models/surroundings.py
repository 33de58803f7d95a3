"""What the ports need besides queues, ledger and broker: clock, telemetry, gate, feed history."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from quantterminal.domain.bars import MINUTE
from quantterminal.domain.errors import QuantTerminalError, RetryableError
from quantterminal.domain.events import Message
from quantterminal.ports.feed import RawBar
from quantterminal.ports.watermarks import Quote, StreamState
from tests.simulation.loop import Loop

_LEASE_S = 5.0


@dataclass(slots=True)
class VirtualClock:
    """Satisfies `ports.clock.Clock`."""

    loop: Loop

    def now(self) -> datetime:
        return self.loop.now

    def stamp_ns(self) -> int:
        return self.loop.now_us * 1000


@dataclass(slots=True)
class Telemetry:
    """Counts events; a failure that is no error of ours is a finding of its own."""

    loop: Loop
    counts: dict[str, int] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    largest: dict[str, float] = field(default_factory=dict)

    def record(self, event: str, **_fields: object) -> None:
        self.counts[event] = self.counts.get(event, 0) + 1

    def measure(self, metric: str, value: float, unit: str) -> None:  # noqa: ARG002  the port's
        """No decision depends on it; what was largest is what an alarm would have seen."""
        self.largest[metric] = max(value, self.largest.get(metric, value))

    def problem(self, event: str, **fields: object) -> None:
        """As Powertools': called while an exception is handled."""
        self.record(event, **fields)
        self.surprise(sys.exception())

    def surprise(self, problem: BaseException | None) -> None:
        if problem is not None and not isinstance(problem, QuantTerminalError):
            self.surprises.append(
                f"{self.loop.now.isoformat()} {type(problem).__name__}: {problem}"
            )


@dataclass(slots=True)
class Cache:
    """The small keys beside the working state: gate, watermark, quotes. A flush takes them too."""

    loop: Loop
    is_down: bool = False
    _kept: tuple[StreamState, float] | None = None
    _minute: datetime | None = None
    _quotes: dict[str, Quote] = field(default_factory=dict)

    def flush(self) -> None:
        self._kept = None
        self._minute = None
        self._quotes = {}

    def keep(self, state: StreamState) -> None:
        self._need_to_be_up()
        self._kept = (state, self.loop.seconds + _LEASE_S)

    def state(self) -> StreamState:
        if self.is_down or self._kept is None or self.loop.seconds >= self._kept[1]:
            return StreamState.DOWN
        return self._kept[0]

    def published_minute(self) -> datetime | None:
        self._need_to_be_up()
        return self._minute

    def set_published_minute(self, minute: datetime) -> None:
        self._need_to_be_up()
        self._minute = max(minute, self._minute or minute)

    def put(self, quotes: Mapping[str, Quote]) -> None:
        self._need_to_be_up()
        self._quotes |= quotes

    def quotes(self) -> dict[str, Quote]:
        self._need_to_be_up()
        return dict(self._quotes)

    def _need_to_be_up(self) -> None:
        if self.is_down:
            raise RetryableError("The working state is not reachable", retry_after_s=1.0)


@dataclass(slots=True)
class Events:
    """The event bus of the cold path."""

    published: int = 0

    def publish(self, messages: Sequence[Message]) -> None:
        self.published += len(messages)


@dataclass(slots=True)
class History:
    """The feed's REST: what really was in each minute, up to now."""

    now: Callable[[], datetime]
    bars: dict[str, list[RawBar]]

    def minute_bars(self, symbol: str, *, start: datetime, end: datetime) -> list[RawBar]:
        now = self.now()
        return [
            dict(raw)
            for raw in self.bars[symbol]
            if start <= raw["start"] < end and raw["start"] + MINUTE <= now
        ]
