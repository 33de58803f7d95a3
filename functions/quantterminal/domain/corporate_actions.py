"""Splits and dividends: what makes yesterday's price another price today.

Market data is kept as it was traded. Whoever reads across a split reads adjusted bars, and a
strategy that has seen one side of it starts over on the other: what it remembers is in other
dollars.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.sessions import new_york_date

_SHARE_TICK = Decimal("0.000000001")  # the broker keeps nine decimals of a share


class ActionKind(StrEnum):
    SPLIT = "split"
    DIVIDEND = "dividend"


@dataclass(frozen=True, slots=True)
class CorporateAction:
    """One action of a symbol. From the open of `ex_date` (New York) on it trades differently:
    `split_from` shares have become `split_to`, or the next owner does not get `cash` dollars.
    """

    id: str
    symbol: str
    kind: ActionKind
    ex_date: date
    split_from: float | None = None
    split_to: float | None = None
    cash: float | None = None

    def __post_init__(self) -> None:
        is_split = self.kind is ActionKind.SPLIT
        numbers = (self.split_from, self.split_to) if is_split else (self.cash,)
        if not all(each is not None and math.isfinite(each) and each > 0 for each in numbers):
            raise InvalidValueError(
                f"Expected numbers above 0 in a {self.kind} of {self.symbol!r}, was {numbers}"
            )

    @property
    def price_factor(self) -> float:
        """What a price from before a split is multiplied by."""
        if self.split_from is None or self.split_to is None:
            return 1.0
        return self.split_from / self.split_to

    def shares_after(self, shares: Decimal) -> Decimal:
        """What that many shares, signed, have become; the same for a dividend."""
        if self.split_from is None or self.split_to is None:
            return shares
        became = shares * Decimal(repr(self.split_to)) / Decimal(repr(self.split_from))
        return became.quantize(_SHARE_TICK, ROUND_DOWN)


def between(
    actions: Iterable[CorporateAction], *, after: date, until: date
) -> list[CorporateAction]:
    """Those with after < ex-date <= until, by ex-date; dividends before the splits of their day,
    because they are in the shares of before.
    """
    found = [each for each in actions if after < each.ex_date <= until]
    return sorted(found, key=lambda each: (each.ex_date, each.kind, each.id))


def adjusted(bars: Sequence[Bar], actions: Iterable[CorporateAction]) -> list[Bar]:
    """The bars of one symbol in today's shares: prices and volumes before each split re-based."""
    splits = [each for each in actions if each.kind is ActionKind.SPLIT]
    return [_adjusted(bar, splits) for bar in bars]


def _adjusted(bar: Bar, splits: Sequence[CorporateAction]) -> Bar:
    day = new_york_date(bar.start)
    factor = math.prod(each.price_factor for each in splits if each.ex_date > day)
    if factor == 1.0:
        return bar
    return replace(
        bar,
        open=bar.open * factor,
        high=bar.high * factor,
        low=bar.low * factor,
        close=bar.close * factor,
        volume=bar.volume / factor,
        vwap=None if bar.vwap is None else bar.vwap * factor,
    )
