"""Raw bars of one trading day, for the tests of the ingest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from quantterminal.domain.bars import Bar
from quantterminal.ports.feed import RawBar

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
CLOSE = datetime(2024, 3, 4, 21, 0, tzinfo=UTC)


def minute(number: int) -> datetime:
    return OPEN + timedelta(minutes=number)


def raw(symbol: str = "AAA", number: int = 0, **changes: Any) -> RawBar:
    return {
        "symbol": symbol,
        "start": minute(number),
        "open": 10.0,
        "high": 11.0,
        "low": 9.0,
        "close": 10.5,
        "volume": 100.0,
        "vwap": 10.2,
        "trades": 7,
        **changes,
    }


def bar(symbol: str = "AAA", number: int = 0, *, revision: int = 0, close: float = 10.5) -> Bar:
    return Bar(symbol, minute(number), 10.0, 11.0, 9.0, close, 100.0, revision=revision)
