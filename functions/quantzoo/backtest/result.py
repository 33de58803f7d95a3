"""What a backtest did, in the terms of a live run: signals, intents with denials, fills, equity."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from quantterminal.domain.halts import Halt
from quantterminal.domain.risk import DenialCode
from quantterminal.domain.signals import Side, Signal
from quantzoo import metrics
from quantzoo.trades import Fill, RoundTrip, Split, round_trips


@dataclass(frozen=True, slots=True)
class Intent:
    """One assessed signal: an order's terms, and why it was denied if it was."""

    id: str
    signal_id: str
    attempt: int
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal
    reference_price: Decimal
    at: datetime
    denial_code: DenialCode | None = None
    denial_text: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """One fill of one intent. `slippage` is dollars against the reference price, signed against
    us: above zero is what the execution cost.
    """

    intent_id: str
    strategy: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    slippage: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Dividend:
    """Dollars for the shares that a strategy held into an ex-date; a short one has paid them."""

    at: datetime
    strategy: str
    symbol: str
    cash: Decimal


@dataclass(frozen=True, slots=True)
class DayClose:
    """The end of one session: dollars, and the share of its minutes with something invested."""

    day: date
    equity: Decimal
    exposure: float


@dataclass(frozen=True)
class Result:
    """A whole run. `days` are in order; `curve` is equity by minute, where it was asked for.

    The fraction of a share that a split leaves is paid out: a fill whose intent is the split's id.
    `rejections` are the broker's refusals, `late_denials` our own at the last hop, both by code.
    """

    cash: Decimal
    bars: int
    first: datetime
    last: datetime
    signals: Sequence[Signal]
    intents: Sequence[Intent]
    fills: Sequence[Executed]
    cancels: int
    rejections: Mapping[str, int]
    late_denials: Mapping[str, int]
    halts: Sequence[Halt]
    days: Sequence[DayClose]
    curve: Sequence[tuple[datetime, float]]
    positions: Mapping[tuple[str, str], Decimal]
    marks: Mapping[str, Decimal]
    equity: Decimal
    splits: Sequence[Split] = ()
    dividends: Sequence[Dividend] = ()

    @cached_property
    def denials(self) -> dict[str, int]:
        """Denied intents by code."""
        counted = Counter(str(each.denial_code) for each in self.intents if each.denial_code)
        return dict(sorted(counted.items()))

    @cached_property
    def trips(self) -> dict[str, tuple[RoundTrip, ...]]:
        """Closed trades by strategy."""
        by_strategy: dict[str, list[Fill]] = {}
        for each in self.fills:
            fill = Fill(each.symbol, each.side, each.quantity, each.price, each.at, each.fee)
            by_strategy.setdefault(each.strategy, []).append(fill)
        return {
            name: round_trips(self._with_splits(fills))
            for name, fills in sorted(by_strategy.items())
        }

    def _with_splits(self, fills: Iterable[Fill]) -> Iterable[Fill | Split]:
        if not self.splits:
            return fills
        return sorted([*self.splits, *fills], key=lambda event: event.at)

    @cached_property
    def profits(self) -> list[Decimal]:
        """Dollars of every closed trade of all strategies, in the order they closed."""
        every = [trip for trips in self.trips.values() for trip in trips]
        return [trip.pnl for trip in sorted(every, key=lambda trip: trip.closed_at)]

    @cached_property
    def profit_by_holding(self) -> dict[tuple[str, str], Decimal]:
        """Dollars by (strategy, symbol): cash in and out, fees, dividends, and what is held at its
        last mark.

        Their sum is the account's profit to the last digit.
        """
        profit: dict[tuple[str, str], Decimal] = {}
        for fill in self.fills:
            paid = fill.side.sign * fill.quantity * fill.price + fill.fee
            key = (fill.strategy, fill.symbol)
            profit[key] = profit.get(key, Decimal(0)) - paid
        for each in self.dividends:
            key = (each.strategy, each.symbol)
            profit[key] = profit.get(key, Decimal(0)) + each.cash
        for key, quantity in self.positions.items():
            profit[key] += quantity * self.marks[key[1]]
        return dict(sorted(profit.items()))

    def profit_by_strategy(self) -> dict[str, Decimal]:
        return _summed((strategy, each) for (strategy, _), each in self.profit_by_holding.items())

    def profit_by_symbol(self) -> dict[str, Decimal]:
        return _summed((symbol, each) for (_, symbol), each in self.profit_by_holding.items())

    def dividends_by_symbol(self) -> dict[str, Decimal]:
        return _summed((each.symbol, each.cash) for each in self.dividends)

    @property
    def costs(self) -> dict[str, Decimal]:
        """Dollars paid in fees, and lost to the distance from the price that was decided on."""
        return {
            "fees": sum((each.fee for each in self.fills), Decimal(0)),
            "slippage": sum((each.slippage for each in self.fills), Decimal(0)),
        }

    @cached_property
    def daily_equity(self) -> list[Decimal]:
        """The starting cash, then the equity at each session's end."""
        return [self.cash, *(each.equity for each in self.days)]

    @cached_property
    def daily_returns(self) -> list[float]:
        return metrics.returns_of(self.daily_equity)

    def figures(self) -> dict[str, float | None]:
        """The usual ones from daily equity and closed trades; None where not defined."""
        equity = self.daily_equity
        return {
            "return": float(self.equity / self.cash - 1),
            "sharpe": metrics.sharpe(self.daily_returns),
            "sortino": metrics.sortino(self.daily_returns),
            "max_drawdown": metrics.max_drawdown(equity),
            "cagr": metrics.cagr(equity),
            "win_rate": metrics.win_rate(self.profits),
            "profit_factor": metrics.profit_factor(self.profits),
        }


def _summed(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for name, amount in pairs:
        total[name] = total.get(name, Decimal(0)) + amount
    return dict(sorted(total.items()))
