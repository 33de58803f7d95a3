"""What authors extend: `SignalStrategy` for one method, `Strategy` for the whole context of one
symbol, `MinuteStrategy` for the closed minutes of several.

Nobody writes `save` and `restore`. The attributes of the instance are the state: numbers, text,
lists, deques, indicators and the like (`quantzoo.state` lists them all) set in `on_start`, in
`__init__` or later are saved after each bar and come back exactly. Any other attribute raises an
error that names it. What is kept elsewhere (module globals, closures) is not state and is lost
between bars; mutable class attributes are refused when the class is made.

A `Strategy` object serves one symbol, never several; a `MinuteStrategy` object all of its own.
"""

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import ConfigurationError, InvalidValueError, StaleStateError
from quantterminal.domain.sessions import session_at
from quantterminal.domain.strategy import Context, MinuteContext
from quantzoo.parameters import Between, Parameters, as_mapping, parameters_from
from quantzoo.state import Stateful, decode_attributes, encode_attributes

if TYPE_CHECKING:
    from quantzoo.backtest.columns import Columns, Wake  # brings numpy, which is never live

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_VERSION = re.compile(r"[0-9A-Za-z.]{1,16}")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _class_problems(cls: "type[StrategyBase]") -> list[str]:
    problems = []
    if not _NAME.fullmatch(cls.name):
        problems.append(f"name: expected {_NAME.pattern}, was {cls.name!r}")
    if not _VERSION.fullmatch(cls.version):
        problems.append(f"version: expected {_VERSION.pattern}, was {cls.version!r}")
    if "__slots__" in vars(cls):
        problems.append("__slots__: expected none, because state is saved from plain attributes")
    if "__dataclass_fields__" not in vars(cls.parameter_type):
        problems.append(f"parameter_type: expected a dataclass, was {cls.parameter_type!r}")
    problems += [
        f"{name}: expected to be set in on_start, was a class attribute that all symbols share"
        for name, value in vars(cls).items()
        if isinstance(value, list | dict | set | deque | Stateful)
        and not (name.startswith("__") and name.endswith("__"))
    ]
    return problems


class StrategyBase(ABC):
    """What all strategies have: a name and a version, parameters, and saved state.

    `name` (default: the class name in snake case) and `version` become part of every signal and
    order id; a change of the logic needs a new version, because state saved by other logic is
    refused. `lookback` is how many bars before the current one `ctx.close(offset)` and its
    siblings may reach. `parameter_type` is the dataclass of the parameters, which are given as
    keywords: `Momentum(fast=3)`. Raises ConfigurationError listing every wrong one.
    """

    name: str = "strategy"
    version: str = "1"
    lookback: int = 0
    parameter_type: type[Parameters] = Parameters
    parameters: Parameters

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "name" not in vars(cls):
            cls.name = _WORD_START.sub("_", cls.__name__).lower()
        problems = _class_problems(cls)
        if problems:
            raise ConfigurationError(f"Strategy {cls.__name__}: " + "; ".join(problems))

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters_from(self.parameter_type, parameters, owner=self.name)

    @property
    def warm_up(self) -> int:
        """Bars after which decisions no longer depend on where the data began; `qt check` holds
        a strategy to it. The default is what the longest memory here needs: 35 periods of 14.
        """
        return max(500, self.lookback)

    def save(self) -> dict[str, Any]:
        """The whole state as JSON values, exact; see the module's text for what it may hold."""
        attributes = {key: value for key, value in vars(self).items() if key != "parameters"}
        return {**self._identity(), "attributes": encode_attributes(self.name, attributes)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of `save`: every attribute becomes what it was then.

        Raises StaleStateError for the state of another strategy, version or set of parameters.
        """
        self._check_identity(state)
        attributes = decode_attributes(state["attributes"])
        parameters = self.parameters
        vars(self).clear()
        vars(self).update(attributes, parameters=parameters)

    def _check_identity(self, state: Mapping[str, Any]) -> None:
        expected = self._identity()
        found = {key: state.get(key) for key in expected}
        if found != expected:
            raise StaleStateError(f"Expected the state of {expected}, was {found}")

    def _identity(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": self.version,
            "parameters": as_mapping(self.parameters),
        }


class Strategy(StrategyBase):
    """Base class of strategies on one symbol: `on_bar` is for the author to write."""

    def on_start(self, ctx: Context) -> None:
        """Called once, before the first bar; not called again after a restore."""

    @abstractmethod
    def on_bar(self, ctx: Context, bar: Bar) -> None:
        """Called for each closed bar, oldest first."""

    def sparse(self, bars: "Columns") -> "Wake | None":  # noqa: ARG002  for those that can
        """For the backtester: exchange indicators for their columns, and say when to be woken.

        Called after `on_start`, on a strategy that will then see only the bars it asked for, so
        it may not use the context's history. None: it must see every bar.
        """
        return None


class MinuteStrategy(StrategyBase):
    """Base class of strategies over several symbols: `on_minute` is for the author to write.

    The object sees its symbols together, a closed minute at a time. Who has not traded by the time
    the minute closes has no bar in it, and a bar that comes later is never shown.
    """

    def on_start(self, ctx: MinuteContext) -> None:
        """Called once, before the first minute; not called again after a restore."""

    @abstractmethod
    def on_minute(self, ctx: MinuteContext, bars: Mapping[str, Bar]) -> None:
        """Called for each closed minute in which at least one of the symbols traded, oldest first.

        `bars` are of those that traded, in alphabetical order; `ctx[symbol]` asks for orders on
        one of them.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingParameters(Parameters):
    """What the strategies here have in common.

    `allow_short`: whether a bearish entry may open a short. `flat_before_close`: minutes before
    the end of the session from which positions are closed and none is opened, 0 for never.
    """

    allow_short: bool = False
    flat_before_close: Annotated[int, Between(0, 390)] = 0


class SignalStrategy(Strategy):
    """The simplest form: the author writes `generate_signal` and nothing else.

    The signal is a wish about the position, not an order: while it is repeated and fulfilled,
    nothing is asked for; while it is not fulfilled, it is asked for on each bar again.
    """

    parameter_type: type[Parameters] = TradingParameters
    parameters: TradingParameters

    @abstractmethod
    def generate_signal(self, symbol: str, bar: Bar) -> int:
        """1: be long. -1: be out, or short where `allow_short` is set. 0: leave it as it is.

        A position on the other side is closed first; the new one is opened on a later bar.
        """

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        wish = self.generate_signal(bar.symbol, bar)
        if type(wish) is not int or wish not in (1, 0, -1):
            raise InvalidValueError(
                f"{self.name}.generate_signal: expected 1, 0 or -1, was {wish!r} at {bar.start}"
            )
        held = ctx.position_size()
        if closes_within(bar, self.parameters.flat_before_close):
            ctx.close_position(reason="session end")
        elif wish * held < 0:
            ctx.close_position(reason="signal turned")
        elif not held and wish > 0:
            ctx.buy(reason="signal")
        elif not held and wish < 0 and self.parameters.allow_short:
            ctx.sell(reason="signal")


def closes_within(bar: Bar, minutes: int) -> bool:
    """Whether the session of `bar` closes `minutes` or less after the bar's end.

    False for 0 minutes, and outside the regular session.
    """
    if not minutes:
        return False
    session = session_at(bar.start)
    return session is not None and session.close - bar.end <= timedelta(minutes=minutes)
