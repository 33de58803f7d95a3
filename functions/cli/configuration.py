"""The configuration file: TOML in, a checked `TradingConfig` out, every problem named at once.

Written as models of its own, so that the processes on the latency path never import pydantic; a
test holds their fields and defaults against the dataclasses that they become.
"""

import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quantterminal.domain.configuration import (
    BrokerPin,
    ExecutionConfig,
    Mode,
    OnTimeout,
    StrategyConfig,
    TradingConfig,
)
from quantterminal.domain.errors import ConfigurationError
from quantterminal.domain.risk import RiskLimits
from quantzoo.catalog import STRATEGIES, make_strategy
from quantzoo.runs import check_shards, on_minutes

LIVE_CONFIRMATION = "I understand that this trades real money"

_Fraction = Annotated[Decimal, Field(gt=0, le=1)]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
_Whole = Annotated[int, Field(strict=True)]
_Count = Annotated[int, Field(strict=True, ge=1, le=10_000)]
_Multiple = Annotated[Decimal, Field(gt=0, le=4)]
_Symbol = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9.]{0,9}$")]


_LIMITS = RiskLimits()


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StrategyTable(_Table):
    name: _Name
    kind: str = Field(min_length=1)
    symbols: tuple[_Symbol, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)


class LimitsTable(_Table):
    """Limits may be tightened freely; what would switch one off is refused, unless its meaning has
    an "off" of its own (`RiskLimits`).
    """

    max_position_fraction: _Fraction = _LIMITS.max_position_fraction
    daily_loss_fraction: _Fraction = _LIMITS.daily_loss_fraction
    drawdown_fraction: _Fraction = _LIMITS.drawdown_fraction
    max_gross_fraction: _Multiple = _LIMITS.max_gross_fraction
    max_net_fraction: _Multiple = _LIMITS.max_net_fraction
    max_leverage: _Multiple = _LIMITS.max_leverage
    max_order_fraction: _Fraction = _LIMITS.max_order_fraction
    max_order_notional: Annotated[Decimal, Field(gt=0)] | None = _LIMITS.max_order_notional
    max_order_shares: Annotated[_Whole, Field(ge=1)] = _LIMITS.max_order_shares
    max_volume_fraction: _Fraction | None = _LIMITS.max_volume_fraction
    min_price: Annotated[Decimal, Field(ge=0, le=10_000)] = _LIMITS.min_price
    price_collar_bps: Annotated[Decimal, Field(gt=0, le=5000)] = _LIMITS.price_collar_bps
    allow_short: bool = _LIMITS.allow_short
    allow_flip: bool = _LIMITS.allow_flip
    restricted_symbols: tuple[_Symbol, ...] = _LIMITS.restricted_symbols
    max_open_orders: _Count = _LIMITS.max_open_orders
    max_open_orders_per_symbol: _Count = _LIMITS.max_open_orders_per_symbol
    max_orders_per_minute: _Count = _LIMITS.max_orders_per_minute
    max_strategy_orders_per_minute: _Count = _LIMITS.max_strategy_orders_per_minute
    max_symbol_orders_per_minute: _Count = _LIMITS.max_symbol_orders_per_minute
    similar_order_s: Annotated[_Whole, Field(ge=0, le=600)] = _LIMITS.similar_order_s
    cancel_again_after_s: Annotated[_Whole, Field(ge=1, le=600)] = _LIMITS.cancel_again_after_s
    no_entry_first_minutes: Annotated[_Whole, Field(ge=0, le=120)] = _LIMITS.no_entry_first_minutes
    no_entry_last_minutes: Annotated[_Whole, Field(ge=0, le=120)] = _LIMITS.no_entry_last_minutes
    max_repeated_fills: Annotated[_Whole, Field(ge=2, le=1000)] = _LIMITS.max_repeated_fills
    repeated_fills_minutes: Annotated[_Whole, Field(ge=1, le=390)] = _LIMITS.repeated_fills_minutes
    strategy_loss_fraction: _Fraction = _LIMITS.strategy_loss_fraction
    max_consecutive_losers: Annotated[_Whole, Field(ge=0, le=1000)] = _LIMITS.max_consecutive_losers
    max_rejects: Annotated[_Whole, Field(ge=1, le=1000)] = _LIMITS.max_rejects
    rejects_minutes: Annotated[_Whole, Field(ge=1, le=390)] = _LIMITS.rejects_minutes
    max_bar_age_s: Annotated[_Whole, Field(ge=1, le=3600)] = _LIMITS.max_bar_age_s
    intent_life_s: Annotated[_Whole, Field(ge=1, le=3600)] = _LIMITS.intent_life_s


class ExecutionTable(_Table):
    limit_offset_bps: Annotated[Decimal, Field(ge=0, le=500)] = ExecutionConfig().limit_offset_bps
    order_timeout_s: Annotated[_Whole, Field(ge=5, le=86_400)] = ExecutionConfig().order_timeout_s
    on_timeout: OnTimeout = ExecutionConfig().on_timeout
    max_reprices: Annotated[_Whole, Field(ge=0, le=20)] = ExecutionConfig().max_reprices
    order_fraction: _Fraction = ExecutionConfig().order_fraction
    unknown_resend_after_s: Annotated[_Whole, Field(ge=5, le=3600)] = (
        ExecutionConfig().unknown_resend_after_s
    )
    unknown_give_up_after_s: Annotated[_Whole, Field(ge=10, le=86_400)] = (
        ExecutionConfig().unknown_give_up_after_s
    )


class BrokerTable(_Table):
    """Which account this file is for; checked when a process first speaks to the broker."""

    base_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    key_prefix: Annotated[str, Field(max_length=32)] = ""
    account_number: Annotated[str, Field(max_length=64)] = ""


class ConfigurationFile(_Table):
    """The whole file. `symbols` may be left out where the bar files name them."""

    account: _Name = "main"
    mode: Mode = Mode.SIMULATED
    live_confirmation: str | None = None
    symbols: tuple[_Symbol, ...] = ()
    strategies: Annotated[tuple[StrategyTable, ...], Field(min_length=1)] = tuple(
        StrategyTable(name=name, kind=name) for name in STRATEGIES
    )
    limits: LimitsTable = LimitsTable()
    execution: ExecutionTable = ExecutionTable()
    broker: BrokerTable = BrokerTable()
    barrier_timeout_s: Annotated[float, Field(gt=0, le=30)] = 2.0
    sweep_every_s: Annotated[_Whole, Field(ge=1, le=300)] = 10


def read_configuration(path: Path | None) -> ConfigurationFile:
    """The file's configuration, the defaults without one.

    A table `deployment` is left to the stacks, so that one file serves both. Raises
    ConfigurationError that lists every problem with its place, what was expected and found.
    """
    values = {} if path is None else read_toml(path)
    values.pop("deployment", None)
    found, problems = examined(values)
    if found is None or problems:
        raise ConfigurationError(listed("configuration" if path is None else str(path), problems))
    return found


def examined(values: Mapping[str, Any]) -> tuple[ConfigurationFile | None, list[str]]:
    """The configuration that `values` spell, and everything that is wrong with it."""
    problems = _strategy_problems(values.get("strategies")) + _live_problems(values)
    try:
        found = ConfigurationFile.model_validate(values)
    except ValidationError as invalid:
        return None, [*said(invalid), *problems]
    return found, problems


def trading_config(
    found: ConfigurationFile, *, symbols: Sequence[str], mode: Mode | None = None
) -> TradingConfig:
    """What the processes get; `symbols` is the universe, `mode` overrides the file's.

    Raises ConfigurationError for a strategy that wants a symbol outside of the universe.
    """
    universe = set(symbols)
    problems = [
        f"strategies.{index}.symbols: expected symbols of {', '.join(symbols)}, was {symbol}"
        for index, strategy in enumerate(found.strategies)
        for symbol in strategy.symbols
        if symbol not in universe
    ]
    if problems:
        raise ConfigurationError(listed("configuration", problems))
    trading = TradingConfig(
        account=found.account,
        mode=mode or found.mode,
        symbols=tuple(symbols),
        strategies=tuple(
            StrategyConfig(each.name, each.kind, each.symbols, dict(each.parameters))
            for each in found.strategies
        ),
        limits=RiskLimits(**dict(found.limits)),
        execution=ExecutionConfig(**dict(found.execution)),
        broker=BrokerPin(**dict(found.broker)),
        barrier_timeout_s=found.barrier_timeout_s,
        sweep_every_s=found.sweep_every_s,
    )
    for each in on_minutes(trading):
        check_shards(each, trading)
    return trading


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file. Raises ConfigurationError when it cannot be read as TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(
            f"{path}: expected a readable file, was: {problem.strerror}"
        ) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{path}: expected TOML, was: {problem}") from problem


def _strategy_problems(tables: Any) -> list[str]:
    """What the models cannot see: kinds that do not exist, wrong parameters, names used twice."""
    problems: list[str] = []
    names: set[str] = set()
    for index, values in enumerate(tables if isinstance(tables, list) else []):
        try:
            strategy = StrategyTable.model_validate(values)
        except ValidationError:
            continue  # reported with the rest of the file
        if strategy.name in names:
            problems.append(f"strategies.{index}.name: {strategy.name!r} is there twice")
        names.add(strategy.name)
        try:
            make_strategy(strategy.kind, strategy.parameters)
        except (ConfigurationError, TypeError) as problem:
            problems.append(f"strategies.{index}: {problem}")
    return problems


def _live_problems(values: Mapping[str, Any]) -> list[str]:
    if values.get("mode") != Mode.LIVE:
        return []
    given, broker = values.get("live_confirmation"), values.get("broker")
    problems = []
    if given != LIVE_CONFIRMATION:
        problems.append(
            f"live_confirmation: expected {LIVE_CONFIRMATION!r} for mode LIVE, was {given!r}"
        )
    if not (isinstance(broker, Mapping) and broker.get("account_number")):
        problems.append("broker.account_number: expected the account's number for mode LIVE")
    return problems


def said(invalid: ValidationError) -> list[str]:
    """Each problem of a table in one line: place, what was expected, what was found."""
    return [_said(dict(error)) for error in invalid.errors()]


def _said(error: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "file"
    if error["type"] == "extra_forbidden":
        return f"{place}: is not a setting"
    if error["type"] == "missing":
        return f"{place}: is missing"
    expected = str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{place}: expected {expected}, was {error['input']!r}"


def listed(place: str, problems: Sequence[str]) -> str:
    """One text that names all problems of one place."""
    return "\n".join([f"{place}: {len(problems)} problem(s)", *(f"  {each}" for each in problems)])
