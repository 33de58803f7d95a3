"""Many runs of one configuration with other parameters, and what came of them.

Which processes run them is not known here: an executor is anything with `map`, the built-in
function, a `ProcessPoolExecutor`, or the client of a cluster.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import product
from typing import Any, Protocol

from quantterminal.domain.configuration import StrategyConfig
from quantterminal.domain.errors import InvalidValueError
from quantzoo import metrics
from quantzoo.backtest.engine import Setting
from quantzoo.backtest.fastest import run_backtest
from quantzoo.backtest.history import History
from quantzoo.backtest.result import Result
from quantzoo.research.statistics import deflated_sharpe, period_sharpe

Parameters = Mapping[str, Any]


class Executor(Protocol):
    """`map` as of `concurrent.futures`: results in the order of the arguments."""

    def map(self, work: Callable[[Any], Any], each: Iterable[Any], /) -> Iterable[Any]: ...


class InProcess:
    """One after the other, here."""

    def map(self, work: Callable[[Any], Any], each: Iterable[Any], /) -> Iterable[Any]:
        return map(work, each)


@dataclass(frozen=True, slots=True)
class Trial:
    """One run: its parameters, its figures, and the daily returns that they come from."""

    parameters: dict[str, Any]
    first: datetime
    last: datetime
    figures: dict[str, float | None]
    trades: int
    daily_returns: tuple[float, ...]
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is still to be made; it travels to another process as it is."""

    setting: Setting
    history: History
    strategy: str
    parameters: dict[str, Any]

    def run(self) -> Trial:
        strategies = tuple(
            replace(each, parameters={**each.parameters, **self.parameters})
            if each.name == self.strategy
            else each
            for each in self.setting.trading.strategies
        )
        trading = replace(self.setting.trading, strategies=strategies)
        result = run_backtest(replace(self.setting, trading=trading), self.history)
        return trial_of(result, self.parameters)


def grid(values: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination, the last name changing fastest."""
    return [
        dict(zip(values, combination, strict=True)) for combination in product(*values.values())
    ]


def sweep(
    setting: Setting,
    history: History,
    *,
    strategy: str,
    values: Mapping[str, Sequence[Any]],
    executor: Executor | None = None,
) -> list[Trial]:
    """A trial for every combination of `values` for the strategy of that name, in grid order.

    Raises InvalidValueError for a name that the configuration does not have.
    """
    named(setting, strategy)
    jobs = [Job(setting, history, strategy, each) for each in grid(values)]
    return list((executor or InProcess()).map(Job.run, jobs))


def named(setting: Setting, strategy: str) -> StrategyConfig:
    """The configured strategy of that name."""
    for each in setting.trading.strategies:
        if each.name == strategy:
            return each
    names = [each.name for each in setting.trading.strategies]
    raise InvalidValueError(f"Expected a strategy of {names}, was {strategy!r}")


def trial_of(result: Result, parameters: Parameters) -> Trial:
    return Trial(
        parameters=dict(parameters),
        first=result.first,
        last=result.last,
        figures=result.figures(),
        trades=len(result.profits),
        daily_returns=tuple(result.daily_returns),
        days=tuple(each.day for each in result.days),
    )


def leaders(trials: Sequence[Trial]) -> list[tuple[Trial, float | None]]:
    """Best annual Sharpe ratio first; each with its deflated Sharpe ratio for all the tries."""
    tried = [found for each in trials if (found := period_sharpe(each.daily_returns)) is not None]
    ranked = sorted(trials, key=_rank, reverse=True)
    return [
        (each, deflated_sharpe(each.daily_returns, tried=tried) if tried else None)
        for each in ranked
    ]


def _rank(trial: Trial) -> tuple[float, float]:
    sharpe = metrics.sharpe(trial.daily_returns)
    return (float("-inf") if sharpe is None else sharpe, trial.figures["return"] or 0.0)
