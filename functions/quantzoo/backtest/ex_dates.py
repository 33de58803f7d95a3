"""What happens to shares and cash between two sessions: splits and dividends, before the open."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantzoo.backtest.book import Book
from quantzoo.backtest.result import Dividend, Executed
from quantzoo.trades import Split

_ZERO = Decimal(0)


@dataclass(slots=True)
class Happened:
    """`fills` are the parts of a share that splits left, paid out."""

    splits: list[Split] = field(default_factory=list)
    dividends: list[Dividend] = field(default_factory=list)
    fills: list[Executed] = field(default_factory=list)


def happen(actions: Iterable[CorporateAction], book: Book, at: datetime) -> Happened:
    """Book the actions of one or more ex-dates at the open `at`."""
    found = Happened()
    for each in actions:
        if each.kind is ActionKind.DIVIDEND:
            paid = book.pay_dividend(each)
            found.dividends += [Dividend(at, s, each.symbol, cash) for s, cash in paid.items()]
            continue
        found.splits.append(Split(at, each))
        found.fills += [
            Executed(each.id, strategy, each.symbol, side, shares, price, _ZERO, _ZERO, at)
            for strategy, side, shares, price in book.split(each)
        ]
    return found
