"""What the vendor can give again: for gaps and for warming up."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from quantterminal.ports.ticks import TradeTick


class BarHistory(Protocol):
    def minute_bars(self, symbol: str, *, start: datetime, end: datetime) -> Sequence["RawBar"]:
        """Unadjusted minute bars with start <= bar start < end, oldest first, all pages.

        Raises RetryableError when the vendor cannot answer now, PermanentError when it never will.
        """
        ...


class TradeHistory(Protocol):
    def trades(
        self, symbol: str, *, start: datetime, end: datetime
    ) -> Iterator[Sequence[TradeTick]]:
        """Prints with start <= tape's time < end, oldest first, a page at a time.

        Raises RetryableError when the vendor cannot answer now, PermanentError when it never will.
        """
        ...


RawBar = dict[str, Any]
"""A bar before the door: keys symbol, start (datetime or None), open, high, low, close, volume,
vwap, trades; values as the vendor sent them, checked by `services.bar_door`."""
