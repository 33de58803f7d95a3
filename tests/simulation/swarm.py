"""What one seed is made of: how large, which strategies, and which faults at which rates.

Each seed turns most faults off, so that some sessions see one kind alone and often.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from quantterminal.domain.sessions import sessions_from
from tests.simulation.faults import RATES, Fault

_FIRST_YEARS = range(2015, 2026)
_SYMBOLS = ("AAPL", "AMZN", "GOOG", "IBM", "META", "MSFT", "NVDA", "SPY")
_HOT = 8.0
_BINDING = 0.04
_TIGHT: Mapping[str, Any] = {
    "max_position_fraction": Decimal("0.04"),
    "max_gross_fraction": Decimal("0.1"),
    "max_leverage": Decimal("0.15"),
    "max_net_fraction": Decimal("0.05"),
    "max_order_fraction": Decimal("0.02"),
    "max_order_shares": 20,
    "allow_short": False,
    "max_open_orders": 2,
    "max_open_orders_per_symbol": 1,
    "max_orders_per_minute": 2,
    "max_strategy_orders_per_minute": 1,
    "max_symbol_orders_per_minute": 1,
    "similar_order_s": 600,
    "price_collar_bps": Decimal(10),
    "daily_loss_fraction": Decimal("0.001"),
    "drawdown_fraction": Decimal("0.002"),
    "strategy_loss_fraction": Decimal("0.0005"),
    "max_repeated_fills": 2,
    "max_consecutive_losers": 3,
    "max_rejects": 2,
    "no_entry_first_minutes": 3,
    "max_bar_age_s": 30,
}
_LONG = 390
HEALS_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Swarm:
    """The mix of one seed. `rates` are probabilities per opportunity, absent means never.

    `limits` are those of the account that differ from the default, `swing` multiplies the moves of
    prices.
    """

    seed: int
    opens: datetime
    closes: datetime
    first_bar: int
    bars: int
    symbols: tuple[str, ...]
    strategies: int
    rates: Mapping[Fault, float] = field(default_factory=dict)
    operator_acts: int = 0
    shuffles: bool = False
    slow: float = 1.0
    limits: Mapping[str, Any] = field(default_factory=dict)
    swing: float = 1.0

    def rate(self, fault: Fault) -> float:
        return self.rates.get(fault, 0.0)

    @property
    def starts(self) -> datetime:
        """The start of the first bar."""
        return self.opens + timedelta(minutes=self.first_bar)

    @property
    def ends(self) -> datetime:
        """The instant of the last fault: a little after the end of the last bar."""
        return self.starts + timedelta(minutes=self.bars, seconds=30)

    @property
    def heals(self) -> timedelta:
        """How long everything then has to come to rest."""
        return HEALS_WITHIN


def calm(seed: int, *, bars: int = 30, symbols: int = 2, strategies: int = 1) -> Swarm:
    """A session without any fault."""
    return _sized(random.Random(seed), seed, bars=bars, symbols=symbols, strategies=strategies)


def drawn(seed: int, *, bars: int | None = None) -> Swarm:
    """The mix that follows from the seed alone."""
    chance = random.Random(f"swarm {seed}")
    size = bars or (_LONG if chance.random() < 0.005 else chance.choice((10, 20, 30)))
    swarm = _sized(
        chance,
        seed,
        bars=size,
        symbols=chance.choice((1, 1, 2, 2, 3, 4, 8)),
        strategies=chance.choice((1, 1, 2, 2, 3, 4)),
    )
    share = chance.choice((0.1, 0.25, 0.5))
    rates = {
        fault: rate * chance.choice((0.3, 1.0, 1.0, _HOT))
        for fault, rate in RATES.items()
        if chance.random() < share
    }
    return replace(
        swarm,
        rates=rates,
        operator_acts=chance.choice((0, 0, 1, 3)),
        shuffles=chance.random() < 0.5,
        slow=chance.choice((0.3, 1.0, 1.0, 5.0)),
        limits={name: value for name, value in _TIGHT.items() if chance.random() < _BINDING},
        swing=chance.choice((1.0, 1.0, 1.0, 5.0)),
    )


def _sized(chance: random.Random, seed: int, *, bars: int, symbols: int, strategies: int) -> Swarm:
    year = chance.choice(_FIRST_YEARS)
    days = sessions_from(datetime(year, 1, 1).date())  # noqa: DTZ001  a date alone
    sessions = [next(days) for _ in range(240)]
    session = chance.choice(sessions)
    halves = [each for each in sessions if each.is_half_day]
    if halves and chance.random() < 0.1:
        session = chance.choice(halves)
    minutes = int((session.close - session.open) / timedelta(minutes=1))
    bars = min(bars, minutes)
    at_the_end = chance.random() < 0.15
    return Swarm(
        seed=seed,
        opens=session.open,
        closes=session.close,
        first_bar=minutes - bars if at_the_end else 0,
        bars=bars,
        symbols=tuple(sorted(chance.sample(_SYMBOLS, symbols))),
        strategies=strategies,
    )
