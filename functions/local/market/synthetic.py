"""A seeded market for when there is no recording: it says so wherever it is shown.

Each symbol draws from its own generator, seeded by the run's seed and its name, so that adding a
symbol leaves the others as they were. Prices move in spells, some trending and some pulled back
to where the spell began, because a plain random walk gives no strategy anything to do.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random

from local.market.bars import MINUTE_MS, RawBar, epoch_ms
from quantterminal.domain.errors import CalendarRangeError
from quantterminal.domain.sessions import Session, session_on, sessions_from

_SUBSTEPS = 6
_TYPICAL_MINUTES = 390
_LOWEST_PRICE = 2.0


class SyntheticMarket:
    """Sessions of minute bars for `symbols`, the same for the same seed on every machine.

    Raises CalendarRangeError when the exchange calendar does not reach that far.
    """

    def __init__(
        self, *, seed: int, symbols: Sequence[str], start: date, sessions: int, warmup_minutes: int
    ) -> None:
        self._sessions = tuple(islice(sessions_from(start), sessions))
        if len(self._sessions) < sessions:
            raise CalendarRangeError(
                f"Expected a calendar with {sessions} sessions from {start.isoformat()}, "
                f"was {len(self._sessions)} to the end of its years"
            )
        self._walks = [_Walk.drawn(symbol, seed) for symbol in symbols]
        self.warmup = self._previous_session()[-warmup_minutes:] if warmup_minutes else []

    @property
    def first_minute_ms(self) -> int:
        return epoch_ms(self._sessions[0].open)

    @property
    def bar_count(self) -> int:
        return sum(_minutes(session) for session in self._sessions) * len(self._walks)

    def minutes(self) -> Iterator[tuple[int, list[RawBar]]]:
        """(minute in ms, one bar a symbol) of all sessions; can be walked once."""
        for session in self._sessions:
            yield from self._play(session)

    def _previous_session(self) -> list[tuple[int, list[RawBar]]]:
        day = self._sessions[0].day
        while (session := session_on(day := day - timedelta(days=1))) is None:
            pass
        return list(self._play(session))

    def _play(self, session: Session) -> Iterator[tuple[int, list[RawBar]]]:
        opening = epoch_ms(session.open)
        minutes = _minutes(session)
        for walk in self._walks:
            walk.overnight()
        for index in range(minutes):
            start_ms = opening + index * MINUTE_MS
            through_day = index / max(1, minutes - 1)
            yield start_ms, [walk.bar(start_ms, through_day) for walk in self._walks]


def _minutes(session: Session) -> int:
    return int((session.close - session.open) / timedelta(minutes=1))


def _smile(through_day: float) -> float:
    """More happens at the open and the close than at noon: 1.0 is the average."""
    return 0.65 + 1.6 * (2 * through_day - 1) ** 4 + 0.25 * (2 * through_day - 1) ** 2


@dataclass(slots=True)
class _Spell:
    minutes_left: int
    drift: float
    pull: float
    anchor: float


@dataclass(slots=True)
class _Walk:
    symbol: str
    random: Random
    price: float
    minute_volatility: float
    typical_volume: float
    spell: _Spell

    @classmethod
    def drawn(cls, symbol: str, seed: int) -> "_Walk":
        random = Random(f"{seed}:{symbol}")
        price = round(random.uniform(25.0, 320.0), 2)
        daily = random.uniform(0.012, 0.026)
        volume = random.uniform(4_000, 40_000)
        calm = _Spell(minutes_left=0, drift=0.0, pull=0.0, anchor=price)
        return cls(symbol, random, price, daily / math.sqrt(_TYPICAL_MINUTES), volume, calm)

    def overnight(self) -> None:
        gap = self.random.gauss(0.0, 4 * self.minute_volatility)
        self.price = max(_LOWEST_PRICE, round(self.price * math.exp(gap), 2))
        self.spell.minutes_left = 0

    def bar(self, start_ms: int, through_day: float) -> RawBar:
        if self.spell.minutes_left <= 0:
            self.spell = self._next_spell()
        self.spell.minutes_left -= 1
        smile = _smile(through_day)
        opened = self.price
        path = [opened, *self._steps(smile)]
        self.price = path[-1]
        activity = 1 + 4 * abs(path[-1] / opened - 1) / self.minute_volatility
        volume = self.typical_volume * smile * activity * self.random.lognormvariate(-0.9, 0.5)
        return RawBar(
            symbol=self.symbol,
            start_ms=start_ms,
            open=opened,
            high=max(path),
            low=min(path),
            close=path[-1],
            volume=float(max(100, round(volume))),
        )

    def _steps(self, smile: float) -> list[float]:
        sigma = self.minute_volatility * smile / math.sqrt(_SUBSTEPS)
        exact, steps = self.price, []
        for _ in range(_SUBSTEPS):
            pull = self.spell.pull * math.log(self.spell.anchor / exact) / _SUBSTEPS
            drift = self.spell.drift / _SUBSTEPS
            exact *= math.exp(drift + pull + self.random.gauss(0.0, sigma))
            exact = max(_LOWEST_PRICE, exact)
            steps.append(round(exact, 2))
        return steps

    def _next_spell(self) -> _Spell:
        minutes = self.random.randint(25, 90)
        if self.random.random() < 0.5:
            strength = self.random.uniform(0.15, 0.45) * self.random.choice((-1, 1))
            return _Spell(minutes, strength * self.minute_volatility, 0.0, self.price)
        return _Spell(minutes, 0.0, self.random.uniform(0.05, 0.2), self.price)
