"""What a strategy is and what it may see: one closed bar, its own past, its own position.

The context is the strategy's only window. It can never show a later bar, another strategy, the
account or the time, which is what makes a backtest and a live run decide the same.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError, StaleStateError
from quantterminal.domain.sessions import session_at
from quantterminal.domain.signals import Action

_SERIES = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class PositionView:
    """The strategy's own position in the bar's symbol: signed shares and average price."""

    quantity: float = 0.0
    average_price: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """An action asked for on the current bar, before it becomes a Signal with an id."""

    action: Action
    quantity: int | None
    reason: str


class Context:
    """What `on_start` and `on_bar` are given. One instance per strategy and symbol.

    `lookback` bars of history are kept; `get_series` refuses to look further back or ahead.
    """

    def __init__(self, symbol: str, *, lookback: int) -> None:
        self.symbol = symbol
        self._bars: deque[tuple[float, float, float, float, float]] = deque(maxlen=lookback + 1)
        self._bar: Bar | None = None
        self._index = -1
        self._position = PositionView()
        self._stop: float | None = None
        self._target: float | None = None
        self._decisions: list[Decision] = []

    def bar_index(self) -> int:
        """Bars seen so far, counted from 0."""
        return self._index

    def position_size(self) -> float:
        """Signed shares this strategy holds in this symbol, as filled."""
        return self._position.quantity

    def avg_price(self) -> float:
        """Average entry price in dollars, 0.0 when flat."""
        return self._position.average_price

    def in_session(self) -> bool:
        """Whether the current bar lies in the regular session."""
        return self._bar is not None and session_at(self._bar.start) is not None

    def get_series(self, name: str, offset: int = 0) -> float:
        """`open`, `high`, `low`, `close` or `volume` of the bar `offset` bars back (0 = current).

        Raises InvalidValueError for another name, a negative offset (the future) or one beyond
        the lookback or the first bar.
        """
        if name not in _SERIES:
            raise InvalidValueError(f"Expected a series of {_SERIES}, was {name!r}")
        if not 0 <= offset < len(self._bars):
            raise InvalidValueError(
                f"Expected an offset of 0 to {len(self._bars) - 1} bars back, was {offset}"
            )
        return self._bars[-1 - offset][_SERIES.index(name)]

    def open(self, offset: int = 0) -> float:
        return self.get_series("open", offset)

    def high(self, offset: int = 0) -> float:
        return self.get_series("high", offset)

    def low(self, offset: int = 0) -> float:
        return self.get_series("low", offset)

    def close(self, offset: int = 0) -> float:
        return self.get_series("close", offset)

    def volume(self, offset: int = 0) -> float:
        return self.get_series("volume", offset)

    def buy(self, quantity: int | None = None, *, reason: str = "") -> None:
        """Ask to buy `quantity` whole shares; None leaves the size to the sizing rule."""
        self._ask(Action.BUY, quantity, reason)

    def sell(self, quantity: int | None = None, *, reason: str = "") -> None:
        """Ask to sell `quantity` whole shares; opens a short when nothing is held."""
        self._ask(Action.SELL, quantity, reason)

    def close_position(self, *, reason: str = "") -> None:
        """Ask to bring this strategy's position to zero.

        Nothing happens when it is flat, or when this bar (an exit level, say) already asked.
        """
        asked = any(decision.action is Action.CLOSE for decision in self._decisions)
        if self._position.quantity and not asked:
            self._ask(Action.CLOSE, None, reason)

    def set_exit(self, *, stop: float | None = None, target: float | None = None) -> None:
        """Close the position on a bar that trades at or through `stop` or `target` (dollars).

        Replaces earlier levels; None removes one. Levels are checked on closed bars, from the next
        bar on, and are dropped when the position is flat again.
        """
        self._stop, self._target = stop, target

    def exit_levels(self) -> tuple[float | None, float | None]:
        """For the backtester: the stop and the target that `set_exit` left."""
        return self._stop, self._target

    def present(self, bar: Bar, position: PositionView) -> None:
        """For the kernel: make `bar` the current one, and close the position at an exit level."""
        self._drop_exits(position)
        self._bar, self._position = bar, position
        self._index += 1
        self._bars.append((bar.open, bar.high, bar.low, bar.close, bar.volume))
        self._decisions = []
        self._check_exit(bar, position.quantity)

    def pass_by(self, position: PositionView) -> None:
        """For the kernel: a minute without a bar of this symbol, on which nothing can be asked."""
        self._drop_exits(position)
        self._bar, self._position = None, position
        self._decisions = []

    def take_decisions(self) -> tuple[Decision, ...]:
        """For the kernel: what was asked for on the current bar, in order."""
        decisions, self._decisions = tuple(self._decisions), []
        return decisions

    def save(self) -> dict[str, Any]:
        """For the kernel: everything that later answers depend on, as JSON values."""
        return {
            "bars": [list(values) for values in self._bars],
            "index": self._index,
            "held": self._position.quantity,
            "stop": self._stop,
            "target": self._target,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `save`."""
        self._bars.clear()
        for open_, high, low, close, volume in state["bars"]:
            self._bars.append((open_, high, low, close, volume))
        self._index = state["index"]
        self._position = PositionView(state["held"])
        self._stop, self._target = state["stop"], state["target"]

    def _drop_exits(self, position: PositionView) -> None:
        if self._position.quantity and not position.quantity:
            self._stop = self._target = None

    def _check_exit(self, bar: Bar, size: float) -> None:
        if not size or (self._stop is None and self._target is None):
            return
        stop, target = self._stop, self._target
        stopped = stop is not None and (bar.low <= stop if size > 0 else bar.high >= stop)
        reached = target is not None and (bar.high >= target if size > 0 else bar.low <= target)
        if stopped or reached:
            self._ask(Action.CLOSE, None, "stop" if stopped else "target")

    def _ask(self, action: Action, quantity: int | None, reason: str) -> None:
        if self._bar is None:
            where = "before the first bar" if self._index < 0 else "a minute without one"
            raise InvalidValueError(f"Expected to {action} on a bar of {self.symbol}, was {where}")
        if quantity is not None and quantity <= 0:
            raise InvalidValueError(f"Expected a quantity above 0, was {quantity}")
        self._decisions.append(Decision(action, quantity, reason))


class MinuteContext:
    """What `on_start` and `on_minute` are given: `ctx[symbol]` is the context of one symbol.

    `symbols` are those of the strategy, in alphabetical order. Orders can be asked for on symbols
    with a bar in the present minute, because an order needs a price of now; of the others the
    past, as far as `lookback`, and the position can be seen.
    """

    def __init__(self, symbols: Iterable[str], *, lookback: int) -> None:
        self.symbols = tuple(sorted(symbols))
        self._contexts = {each: Context(each, lookback=lookback) for each in self.symbols}
        self._index = -1
        self._traded: frozenset[str] = frozenset()

    def __getitem__(self, symbol: str) -> Context:
        """Raises InvalidValueError for a symbol that is not the strategy's."""
        found = self._contexts.get(symbol)
        if found is None:
            raise InvalidValueError(
                f"Expected a symbol of {', '.join(self.symbols)}, was {symbol!r}"
            )
        return found

    def minute_index(self) -> int:
        """Minutes seen so far, counted from 0."""
        return self._index

    def without_trade(self) -> tuple[str, ...]:
        """The symbols that have no bar in the present minute."""
        return tuple(each for each in self.symbols if each not in self._traded)

    def present(self, bars: Mapping[str, Bar], positions: Mapping[str, PositionView]) -> None:
        """For the kernel: make `bars` the current minute; a symbol without a position is flat."""
        self._index += 1
        self._traded = frozenset(bars)
        for symbol, context in self._contexts.items():
            position = positions.get(symbol, PositionView())
            if symbol in bars:
                context.present(bars[symbol], position)
            else:
                context.pass_by(position)

    def save(self) -> dict[str, Any]:
        """For the kernel: everything that later answers depend on, as JSON values."""
        contexts = {symbol: each.save() for symbol, each in self._contexts.items()}
        return {"index": self._index, "contexts": contexts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `save`; raises StaleStateError for the state of other symbols."""
        contexts = state["contexts"]
        if tuple(sorted(contexts)) != self.symbols:
            raise StaleStateError(
                f"Expected a state of {', '.join(self.symbols)}, was of {', '.join(contexts)}"
            )
        self._index = state["index"]
        for symbol, context in self._contexts.items():
            context.restore(contexts[symbol])


class Saved(Protocol):
    """What the kernel needs of every strategy, whatever it is shown.

    A change of what it decides needs another version: state of an older one is refused.
    """

    name: str
    version: str
    lookback: int

    def save(self) -> dict[str, Any]:
        """The whole state as JSON values; floats must survive exactly."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `save`: afterwards the strategy decides exactly as the saved one.

        Raises StaleStateError for the state of another version or set of parameters.
        """
        ...


class MinuteStrategy(Saved, Protocol):
    """A strategy over several symbols; `quantzoo.strategy.MinuteStrategy` is the base class."""

    def on_start(self, ctx: MinuteContext) -> None:
        """Called once, before the first minute."""
        ...

    def on_minute(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        """Called for each closed minute in which at least one of the symbols traded, in order of
        time, with the bars of those that did.
        """
        ...


class Strategy(Saved, Protocol):
    """A strategy on one symbol; `quantzoo.strategy.Strategy` is the base class."""

    def on_start(self, ctx: Context) -> None:
        """Called once, before the first bar of a symbol."""
        ...

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        """Called for each closed bar, in order of time."""
        ...
