"""The one decision kernel: bar + state -> decisions.

Backtest, live, local run and replay all call `step` for a strategy on one symbol and `step_minute`
for one over several; fills differ between them, decisions do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.signals import Signal
from quantterminal.domain.strategy import (
    Context,
    Decision,
    MinuteContext,
    MinuteStrategy,
    PositionView,
    Saved,
    Strategy,
)


class _Run:
    """`last_seen` is the start of the last bar or minute that was shown, None before the first."""

    strategy: Saved
    context: Context | MinuteContext

    def __init__(self) -> None:
        self.last_seen: datetime | None = None

    @property
    def last_bar(self) -> str | None:
        """`last_seen` in ISO 8601."""
        return None if self.last_seen is None else self.last_seen.isoformat()

    def save(self) -> dict[str, Any]:
        """Everything that the next decision depends on, as JSON values."""
        return {
            "strategy": self.strategy.save(),
            "context": self.context.save(),
            "last_bar": self.last_bar,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `save`, on a run of the same strategy and symbols."""
        self.strategy.restore(state["strategy"])
        self.context.restore(state["context"])
        seen = state["last_bar"]
        self.last_seen = None if seen is None else datetime.fromisoformat(seen)


class StrategyRun(_Run):
    """One strategy on one symbol: the strategy object, its context and the last bar it saw."""

    strategy: Strategy
    context: Context

    def __init__(self, strategy: Strategy, symbol: str) -> None:
        super().__init__()
        self.strategy = strategy
        self.context = Context(symbol, lookback=strategy.lookback)


class MinuteRun(_Run):
    """One strategy over several symbols, and the last minute it saw."""

    strategy: MinuteStrategy
    context: MinuteContext

    def __init__(self, strategy: MinuteStrategy, symbols: Iterable[str]) -> None:
        super().__init__()
        self.strategy = strategy
        self.context = MinuteContext(symbols, lookback=strategy.lookback)


def step(run: StrategyRun, bar: Bar, *, position: PositionView) -> tuple[Signal, ...]:
    """Show one closed bar to a strategy and return its signals, in the order it asked.

    Raises InvalidValueError for a bar of another symbol or one that is not later than the last:
    a strategy that saw time go backwards could not be replayed.
    """
    context = run.context
    if bar.symbol != context.symbol:
        raise InvalidValueError(f"Expected a bar of {context.symbol}, was {bar.symbol}")
    if run.last_seen is None:
        run.strategy.on_start(context)
    elif bar.start <= run.last_seen:
        raise InvalidValueError(f"Expected a bar after {run.last_bar}, was {bar.start.isoformat()}")
    context.present(bar, position)
    run.strategy.on_bar(context, bar)
    run.last_seen = bar.start
    return _signals(run.strategy, context, bar)


def step_minute(
    run: MinuteRun,
    minute: datetime,
    bars: Mapping[str, Bar],
    *,
    positions: Mapping[str, PositionView],
) -> tuple[Signal, ...]:
    """Show one closed minute to a strategy and return its signals, by symbol and in the order it
    asked.

    `bars` are those of its symbols, at least one, `positions` its own; whoever has none is flat.
    Raises InvalidValueError for a bar of another symbol or minute, and for a minute that is not
    later than the last.
    """
    context = run.context
    wrong = [each for each in bars.values() if each.start != minute]
    if wrong or not bars or not bars.keys() <= set(context.symbols):
        found = ", ".join(f"{each.symbol} at {each.start.isoformat()}" for each in bars.values())
        raise InvalidValueError(
            f"Expected bars of {', '.join(context.symbols)} at {minute.isoformat()},"
            f" was {found or 'none'}"
        )
    if run.last_seen is None:
        run.strategy.on_start(context)
    elif minute <= run.last_seen:
        raise InvalidValueError(f"Expected a minute after {run.last_bar}, was {minute.isoformat()}")
    shown = {symbol: bars[symbol] for symbol in context.symbols if symbol in bars}
    context.present(shown, positions)
    run.strategy.on_minute(context, MappingProxyType(shown))
    run.last_seen = minute
    return tuple(
        signal
        for symbol, bar in shown.items()
        for signal in _signals(run.strategy, context[symbol], bar)
    )


def in_order(signals: Iterable[Signal], strategies: Sequence[str]) -> list[Signal]:
    """One minute's signals as they are acted on: by symbol, then in the order of `strategies`.

    Live, each symbol has a queue of its own, so there is no other order between symbols.
    """
    places = {name: place for place, name in enumerate(strategies)}
    last = len(places)
    return sorted(
        signals, key=lambda each: (each.symbol, places.get(each.strategy, last), each.ordinal)
    )


def _signals(strategy: Saved, context: Context, bar: Bar) -> tuple[Signal, ...]:
    decisions = context.take_decisions()
    if not decisions:
        return ()
    return tuple(
        _signal(strategy, bar, decision, ordinal) for ordinal, decision in enumerate(decisions)
    )


def _signal(strategy: Saved, bar: Bar, decision: Decision, ordinal: int) -> Signal:
    return Signal(
        strategy=strategy.name,
        version=strategy.version,
        symbol=bar.symbol,
        bar_start=bar.start,
        ordinal=ordinal,
        action=decision.action,
        quantity=decision.quantity,
        reference_price=bar.close,
        reason=decision.reason,
    )
