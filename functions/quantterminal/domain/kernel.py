"""The one decision kernel: bar + state -> decisions.

Backtest, live, local run and replay all call `step`; fills differ between them, decisions do not.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.signals import Signal
from quantterminal.domain.strategy import Context, Decision, PositionView, Strategy


class StrategyRun:
    """One strategy on one symbol: the strategy object, its context and the last bar it saw.

    `last_seen` is the start of that bar, None before the first.
    """

    def __init__(self, strategy: Strategy, symbol: str) -> None:
        self.strategy = strategy
        self.context = Context(symbol, lookback=strategy.lookback)
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
        """The inverse of `save`, on a run of the same strategy and symbol."""
        self.strategy.restore(state["strategy"])
        self.context.restore(state["context"])
        seen = state["last_bar"]
        self.last_seen = None if seen is None else datetime.fromisoformat(seen)


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
    decisions = context.take_decisions()
    if not decisions:
        return ()
    return tuple(
        _signal(run.strategy, bar, decision, ordinal) for ordinal, decision in enumerate(decisions)
    )


def _signal(strategy: Strategy, bar: Bar, decision: Decision, ordinal: int) -> Signal:
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
