"""What each strategy earned on one day, from its fills and the minute closes alone.

A position carried in is valued at the last price before the open (at its cost where no such price
is known), so that the day's profit holds nothing of the days before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from quantterminal.domain.positions import Position, apply_fill
from quantterminal.ports.report_ledger import DayRecords, FillRecord, Mark

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class DayProfit:
    """Dollars since the open: realised (average cost), all, and all at the end of each minute."""

    realized: Decimal
    total: Decimal
    by_minute: tuple[tuple[datetime, Decimal], ...]


class _Book:
    def __init__(self, opening_fills: Iterable[FillRecord], marks: Mapping[str, Decimal]) -> None:
        self._positions: dict[str, Position] = {}
        for fill in opening_fills:
            self._move(fill)
        self._positions = {
            symbol: replace(position, realized_pnl=_ZERO)
            for symbol, position in self._positions.items()
        }
        self._marks = dict(marks)
        for symbol, position in self._positions.items():
            self._marks.setdefault(symbol, position.average_price)
        self._start = self._value()

    @property
    def realized(self) -> Decimal:
        return sum((each.realized_pnl for each in self._positions.values()), _ZERO)

    def profit(self) -> Decimal:
        return self._value() - self._start

    def fill(self, fill: FillRecord) -> None:
        self._marks.setdefault(fill.symbol, fill.price)
        self._move(fill)

    def mark(self, mark: Mark) -> None:
        self._marks[mark.symbol] = mark.price

    def _move(self, fill: FillRecord) -> None:
        before = self._positions.get(fill.symbol, Position(fill.symbol))
        self._positions[fill.symbol] = apply_fill(
            before, fill.side, quantity=fill.quantity, price=fill.price
        )

    def _value(self) -> Decimal:
        return sum(
            (
                each.realized_pnl + each.unrealized_pnl(self._marks[symbol])
                for symbol, each in self._positions.items()
            ),
            _ZERO,
        )


def day_profit(records: DayRecords, strategy: str) -> DayProfit:
    """The profit of one strategy of the day's records."""
    book = _Book(of(records.opening_fills, strategy), records.opening_marks)
    fills = list(reversed(of(records.fills, strategy)))
    minutes = []
    for at, marks in groupby(records.marks, key=attrgetter("at")):
        while fills and fills[-1].at <= at:
            book.fill(fills.pop())
        for mark in marks:
            book.mark(mark)
        minutes.append((at, book.profit()))
    while fills:
        book.fill(fills.pop())
    return DayProfit(book.realized, book.profit(), tuple(minutes))


def of(fills: Sequence[FillRecord], strategy: str) -> list[FillRecord]:
    """The fills of one strategy, in their order."""
    return [fill for fill in fills if fill.strategy == strategy]
