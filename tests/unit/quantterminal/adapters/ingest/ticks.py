"""Ticks as the decoder makes them, with everything that a test does not care about filled in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from quantterminal.adapters.polygon.codec import Quote, Trade

NOW = datetime(2024, 3, 4, 15, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def trade(
    sequence: int,
    symbol: str = "AAA",
    *,
    price: float = 10.0,
    size: float = 100.0,
    at_ms: float = NOW_MS,
    conditions: Sequence[int] = (),
    correction: int = 0,
) -> Trade:
    return Trade(
        symbol=symbol,
        at_ms=at_ms,
        price=price,
        size=size,
        sequence=sequence,
        conditions=tuple(map(float, conditions)),
        exchange=4,
        tape=1,
        correction=correction,
    )


def quote(
    sequence: int, symbol: str = "AAA", *, bid: float = 9.99, ask: float = 10.01, late_ms: int = 0
) -> Quote:
    return Quote(
        symbol=symbol,
        at_ms=NOW_MS + late_ms,
        bid=bid,
        ask=ask,
        sequence=sequence,
        bid_size=1,
        ask_size=2,
    )


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
