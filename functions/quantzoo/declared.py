"""Strategies that say what they read and decide by one pure function.

`decide` is given the readings of one bar as numbers, live and in the reference engine, or of a
whole history as arrays, in the fast ones; it works on both alike. What follows from its answer
(entries, exits, stops that trail) is the same few rules for all of them, so that the engine can
pass over every bar on which nothing is asked for.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.readings import Reading
from quantzoo.state import decode_attributes, encode_attributes
from quantzoo.strategy import Strategy

if TYPE_CHECKING:
    from quantzoo.backtest.columns import Columns, Wake  # brings numpy, which is never live

Answer = tuple[Any, Any, Any, Any]
_STATE = ("indicators", "armed", "bars_held", "level")


class Cause(StrEnum):
    """Why a declared strategy asks; a stop's own reason is the context's."""

    ENTER = "enter"
    LEAVE = "leave"
    TIME = "time"


class DeclaredStrategy(Strategy):
    """`quantity` shares an entry, None leaves it to the sizing rule; `most_bars` is how long a
    position lives. Both may be properties of the parameters.

    Nothing is asked for before every reading is warm. At most one order a bar.
    """

    quantity: int | None = None
    most_bars: int | None = None

    decide: Callable[..., Answer]
    """Given what is watched, of numbers or of arrays: (entry, leaves a long, leaves a short,
    rearms). The entry is 1 for a long, -1 for a short, 0 for none; the others are truth values.
    After an entry was asked for, none is until a bar that rearms. Use `&`, `|`, `*` and
    comparisons, no `if`, `and`, `or`, `not`; name the parameters, it is called at every bar.
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.watched = self.watches()
        self.readings: tuple[Reading, ...] = (*self.watched, *self.looks_up())
        self._columns: Columns | None = None

    @abstractmethod
    def watches(self) -> tuple[Reading, ...]:
        """The readings that `decide` and `trail` are given, in this order."""

    def looks_up(self) -> tuple[Reading, ...]:
        """Further readings, that only `stop` and `reason` are given, after the others."""
        return ()

    def stop(self, direction: int, *values: Any) -> Any:  # noqa: ARG002  most have none
        """The level in dollars at which a position that is now entered is left, of numbers or of
        arrays; None for a strategy without.
        """
        return None

    def trail(self, direction: int, *values: Any) -> Any:  # noqa: ARG002  most have none
        """The level that the stop follows to, of numbers or of arrays; it never moves back. None
        for a stop that stays.
        """
        return None

    @abstractmethod
    def reason(self, cause: Cause, *values: Any) -> str:
        """A sentence for the person who reads the order; of numbers only."""

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.indicators = [each.indicator() for each in self.readings]
        self.armed = True
        self.bars_held = 0
        self.level: float | None = None

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        values = self._read(bar)
        held = ctx.position_size()
        self.bars_held = self.bars_held + 1 if held else 0
        if values is None:
            return
        seen = values[: len(self.watched)]
        entry, leaves_long, leaves_short, rearms = self.decide(*seen)
        self.armed = self.armed or bool(rearms)
        if held:
            if leaves_long if held > 0 else leaves_short:
                ctx.close_position(reason=self.reason(Cause.LEAVE, *values))
            elif self.most_bars is not None and self.bars_held >= self.most_bars:
                ctx.close_position(reason=self.reason(Cause.TIME, *values))
            self._follow(ctx, 1 if held > 0 else -1, seen)
        elif entry and self.armed:
            self.armed = False
            ask = ctx.buy if entry > 0 else ctx.sell
            ask(self.quantity, reason=self.reason(Cause.ENTER, *values))
            level = self.stop(1 if entry > 0 else -1, *values)
            self.level = None if level is None else float(level)
            ctx.set_exit(stop=self.level)

    def sparse(self, bars: "Columns") -> "Wake":
        from quantzoo.backtest.columns import sparse_form

        self._columns = bars
        return sparse_form(self, bars)

    def save(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in _STATE if hasattr(self, name)}
        return {**self._identity(), "attributes": encode_attributes(self.name, state)}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._check_identity(state)
        vars(self).update(decode_attributes(state["attributes"]))

    def _read(self, bar: Bar) -> list[Any] | None:
        """Every reading of this bar; None while one of them is not warm."""
        if self._columns is not None:
            return self._look_up(self._columns)
        values = [
            reading.value(indicator, bar)
            for reading, indicator in zip(self.readings, self.indicators, strict=True)
        ]
        return None if None in values else values

    def _look_up(self, columns: "Columns") -> list[Any] | None:
        index = columns.cursor.index
        if index + 1 < max(each.warm for each in self.readings):
            return None
        return [columns.read(each)[index] for each in self.readings]

    def _follow(self, ctx: Context, direction: int, seen: list[Any]) -> None:
        trailed = self.trail(direction, *seen)
        if trailed is None or (self.level is not None and direction * (trailed - self.level) <= 0):
            return
        self.level = float(trailed)
        ctx.set_exit(stop=self.level)
