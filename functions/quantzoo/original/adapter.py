"""Runs an object written for the original QuantZoo as a strategy of ours.

Such an object keeps whatever it likes in its attributes, so it cannot be saved. What is saved is
what it saw: at the first bar of each session a new object is made and shown the last `warm_up`
bars again, with the positions of then and without effect, and after a restart the same is done up
to the present bar. So a backtest, which never restarts, and a live run, which restarts with every
minute, decide the same. What the object would need from further back than that it does not have:
`qt check` finds out.
"""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import ConfigurationError, InvalidValueError
from quantterminal.domain.sessions import new_york_date
from quantterminal.domain.strategy import Context
from quantzoo.original.context import Ask, OriginalBar, OriginalContext, Row
from quantzoo.parameters import Between, Parameters
from quantzoo.strategy import Strategy

_LONGEST_SESSION = 390


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalParameters(Parameters):
    """`target` is `package.module:Class`; `arguments` its keyword arguments as a JSON object.

    With `params`, also `package.module:Class`, the arguments make that object, and it is the one
    argument of the target, as the original's own strategies want it.
    """

    target: str
    params: str = ""
    arguments: str = "{}"
    warm_up: Annotated[int, Between(1, 5000)] = 300


class Original(Strategy):
    """`on_bar(ctx, bar)` or `next(ctx)`, whichever the object has."""

    name = "original"
    parameter_type = OriginalParameters
    parameters: OriginalParameters

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._rows: list[Row] = []
        self._object: Any = None
        self._context = OriginalContext(self._rows)
        self._make()  # a wrong target is refused with the configuration, not on the first bar

    @property
    def warm_up(self) -> int:
        return self.parameters.warm_up + _LONGEST_SESSION

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        if self._rows and new_york_date(self._rows[-1].start) != new_york_date(bar.start):
            self._rows = self._rows[-self.parameters.warm_up :]
            self._object = None
        if self._object is None:
            self._replay()
        prices = (bar.open, bar.high, bar.low, bar.close, bar.volume)
        for ask in self._show(Row(bar.start, prices, ctx.position_size(), ctx.avg_price())):
            _forward(ask, ctx)

    def save(self) -> dict[str, Any]:
        rows = [[r.start.isoformat(), *r.prices, r.size, r.average] for r in self._rows]
        return {**self._identity(), "rows": rows}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._check_identity(state)
        self._rows = [
            Row(datetime.fromisoformat(at).astimezone(UTC), (o, h, low, c, v), size, average)
            for at, o, h, low, c, v, size, average in state["rows"]
        ]
        self._object = None

    def _replay(self) -> None:
        """A new object, shown everything again; what it asks for meanwhile was asked for then."""
        rows, self._rows = self._rows, []
        self._object = self._make()
        self._context = OriginalContext(self._rows)
        start = getattr(self._object, "on_start", None)
        if start is not None:
            start(self._context)
        for row in rows:
            self._show(row)

    def _show(self, row: Row) -> list[Ask]:
        self._rows.append(row)
        context = self._context
        context.begin_bar()
        if hasattr(self._object, "on_bar"):
            self._object.on_bar(context, OriginalBar(row))
        else:
            context.act(self._object.next(context))
        return context.asked

    def _make(self) -> Any:
        parameters = self.parameters
        target = _found(parameters.target)
        try:
            arguments = json.loads(parameters.arguments)
            made = (
                target(_found(parameters.params)(**arguments))
                if parameters.params
                else target(**arguments)
            )
        except (ValueError, TypeError) as problem:
            raise ConfigurationError(
                f"{parameters.target}: expected arguments that it takes,"
                f" was {parameters.arguments}: {problem}"
            ) from problem
        if not (hasattr(made, "on_bar") or hasattr(made, "next")):
            raise ConfigurationError(
                f"{parameters.target}: expected a method on_bar(ctx, bar) or next(ctx), has neither"
            )
        return made


def _found(name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as problem:
        raise ConfigurationError(
            f"Expected 'package.module:Class', was {name!r}: {problem}"
        ) from problem


def _forward(ask: Ask, ctx: Context) -> None:
    if ask.verb == "close":
        ctx.close_position(reason=ask.reason)
        return
    quantity = None if ask.quantity is None else int(ask.quantity)
    if quantity is not None and quantity != ask.quantity:
        raise InvalidValueError(f"Expected whole shares, was {ask.quantity}")
    order = ctx.buy if ask.verb == "buy" else ctx.sell
    order(quantity, reason=ask.reason)
