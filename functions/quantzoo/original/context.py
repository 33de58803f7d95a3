"""What an original strategy is given: the old names, without the old look into the future.

`open`, `close` and `bar_index` were attributes for some strategies and methods for others; here
they are both. Offsets count backwards from 0, the current bar: -1 is the bar before.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from quantterminal.domain.sessions import NEW_YORK, session_at

_NAMES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Row:
    """One bar as it was seen, with the position that was held then: all that a replay needs."""

    start: datetime
    prices: tuple[float, float, float, float, float]
    size: float
    average: float


@dataclass(frozen=True, slots=True)
class Ask:
    """What a strategy asked for: `verb` is buy, sell or close."""

    verb: str
    quantity: float | None
    reason: str


class Number(float):
    """A float that may also be called, as `ctx.close` and `ctx.close()`."""

    def __call__(self) -> float:
        return float(self)


class Index(int):
    """The same for the bar's number."""

    def __call__(self) -> int:
        return int(self)


class OriginalBar(Mapping[str, float]):
    """One bar: `bar.close`, `bar["close"]`, and `bar.name`, its start in New York."""

    def __init__(self, row: Row) -> None:
        self.name = row.start.astimezone(NEW_YORK)
        self._values = dict(zip(_NAMES, row.prices, strict=True))

    def __getitem__(self, key: str) -> float:
        return self._values[key]

    def __getattr__(self, name: str) -> float:
        try:
            return self.__dict__["_values"][name]  # type: ignore[no-any-return]  # floats by class
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class OriginalContext:
    """The present of one strategy object; `rows` end with the current bar."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._stop: float | None = None
        self._trail: float | None = None
        self._trailed: float | None = None
        self.asked: list[Ask] = []

    @property
    def bar_index(self) -> Index:
        """Bars seen since the object was made, counted from 0."""
        return Index(len(self._rows) - 1)

    @property
    def current_bar(self) -> OriginalBar:
        return OriginalBar(self._rows[-1])

    @property
    def position(self) -> float:
        return self._rows[-1].size

    def position_size(self) -> float:
        """Signed shares, as filled."""
        return self.position

    def avg_price(self) -> float:
        return self._rows[-1].average

    def bar_confirmed(self) -> bool:
        """Only closed bars are ever shown."""
        return True

    def in_session(self, start: str = "", end: str = "") -> bool:
        """Whether the bar starts within these New York times (HH:MM), both included; without
        them, in the regular session.
        """
        at = self._rows[-1].start
        if not start:
            return session_at(at) is not None
        local = at.astimezone(NEW_YORK).time()
        return time.fromisoformat(start) <= local <= time.fromisoformat(end or "23:59")

    def get_series(self, name: str, offset: int = 0) -> float:
        """The value `offset` bars from now, 0 or below; NaN beyond the first bar, and for every
        bar that is still to come.
        """
        if name not in _NAMES:
            raise ValueError(f"Expected a series of {_NAMES}, was {name!r}")
        if offset > 0 or -offset >= len(self._rows):
            return math.nan
        return self._rows[offset - 1].prices[_NAMES.index(name)]

    def get_bar(self, offset: int) -> OriginalBar:
        """The bar `offset` bars from now, 0 or below; raises IndexError for any other."""
        if offset > 0 or -offset >= len(self._rows):
            raise IndexError(f"Expected 0 to {1 - len(self._rows)}, was {offset}")
        return OriginalBar(self._rows[offset - 1])

    @property
    def open(self) -> Number:
        return Number(self.get_series("open"))

    @property
    def high(self) -> Number:
        return Number(self.get_series("high"))

    @property
    def low(self) -> Number:
        return Number(self.get_series("low"))

    @property
    def close(self) -> Number:
        return Number(self.get_series("close"))

    @property
    def volume(self) -> Number:
        return Number(self.get_series("volume"))

    def buy(self, qty: float | None = None, tag: str = "Long") -> None:
        self.asked.append(Ask("buy", qty, tag))

    def sell(self, qty: float | None = None, tag: str = "Short") -> None:
        self.asked.append(Ask("sell", qty, tag))

    def close_position(self, reason: str = "Close") -> None:
        """Once a bar, and only while something is held."""
        if self.position and not any(each.verb == "close" for each in self.asked):
            self.asked.append(Ask("close", None, reason))

    def set_exit(self, stop_loss: float | None = None, trail_points: float | None = None) -> None:
        """Close on a bar that closes at or beyond `stop_loss` (dollars), or that falls back by
        `trail_points` (dollars) from the best close since.
        """
        self._stop, self._trail, self._trailed = stop_loss, trail_points, None

    def act(self, answer: Any) -> None:
        """For the adapter: what a `next` method returned, None or a dict with an `action`."""
        if answer is None:
            return
        verb, quantity = answer.get("action"), answer.get("quantity")
        reason = str(answer.get("reason", ""))
        if verb not in ("buy", "sell", "close"):
            raise ValueError(f"Expected the action buy, sell or close, was {verb!r}")
        if verb == "close":
            self.close_position(reason)
        else:
            self.asked.append(Ask(verb, quantity, reason))

    def begin_bar(self) -> None:
        """For the adapter: forget what was asked, and look at the exits."""
        self.asked = []
        row = self._rows[-1]
        if not row.size:
            was_held = len(self._rows) > 1 and self._rows[-2].size
            if was_held:
                self._stop = self._trail = self._trailed = None
            return
        direction, close = (1 if row.size > 0 else -1), row.prices[3]
        if self._trail is not None:
            level = close - direction * self._trail
            best = level if self._trailed is None else self._trailed
            self._trailed = max(best, level) if direction > 0 else min(best, level)
        exits = ((self._stop, "StopLoss"), (self._trailed, "TrailingStop"))
        for at, reason in exits:
            if at is not None and direction * (close - at) <= 0:
                self.close_position(reason)
