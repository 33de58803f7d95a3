"""What is kept of every run, and the leader board over all of them.

A result is worth the more tries it stands out from: the deflated Sharpe ratio counts every
configuration that was ever tried on the same data, not only those of the last sweep.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from quantzoo.backtest.engine import Setting
from quantzoo.backtest.result import Result
from quantzoo.research.trials import Trial, leaders, trial_of

Period = tuple[str, datetime, datetime]


@dataclass(frozen=True, slots=True)
class Kept:
    """One run. `kind` is what made it, `code` the version of the code, `data` the hash of the bars,
    `setting` that of all else that its numbers follow from; `trial.parameters` are those of every
    strategy, by its name.
    """

    at: datetime
    kind: str
    code: str
    data: str
    setting: str
    fills: str
    trial: Trial


@dataclass(frozen=True, slots=True)
class Origin:
    """What runs that are kept together have in common."""

    at: datetime
    kind: str
    code: str
    data: str


def kept_run(origin: Origin, setting: Setting, trial: Trial) -> Kept:
    return Kept(
        at=origin.at,
        kind=origin.kind,
        code=origin.code,
        data=origin.data,
        setting=setting_hash(setting),
        fills=repr(setting.fills),
        trial=trial,
    )


def whole_trial(setting: Setting, result: Result) -> Trial:
    """A single run, with the parameters of all its strategies."""
    return trial_of(result, configured(setting))


def varied_trial(setting: Setting, strategy: str, trial: Trial) -> Trial:
    """A run of a sweep, with the parameters that were not varied and of the other strategies."""
    every = configured(setting)
    every[strategy] = {**every[strategy], **trial.parameters}
    return replace(trial, parameters=every)


def configured(setting: Setting) -> dict[str, dict[str, Any]]:
    """The kind and the parameters of each strategy, by its name."""
    return {
        each.name: {"kind": each.kind, **each.parameters} for each in setting.trading.strategies
    }


def setting_hash(setting: Setting) -> str:
    """Of everything in `setting` but the strategies, in 12 digits."""
    bare = replace(setting.trading, strategies=())
    rules = tuple(rule.__qualname__ for rule in setting.rules)
    parts = (bare, setting.cash, setting.fills, setting.fees, rules, setting.actions)
    flags = (setting.day_orders, setting.has_venue)
    return hashlib.sha256(repr((parts, flags)).encode()).hexdigest()[:12]


def boards(runs: Iterable[Kept]) -> list[list[tuple[Kept, float | None]]]:
    """For each data and period its runs, best first, each with its deflated Sharpe ratio.

    What was tried again (the same code apart) counts once, by its last run. The data that was
    tried last stands first.
    """
    tried: dict[Period, dict[str, Kept]] = {}
    for each in sorted(runs, key=lambda run: run.at):
        period = (each.data, each.trial.first, each.trial.last)
        tried[period] = {**tried.pop(period, {}), _identity(each): each}
    return [_ranked(list(found.values())) for found in reversed(tried.values())]


def _ranked(runs: Sequence[Kept]) -> list[tuple[Kept, float | None]]:
    owner = {id(each.trial): each for each in runs}
    return [(owner[id(trial)], luck) for trial, luck in leaders([each.trial for each in runs])]


def _identity(run: Kept) -> str:
    return repr((run.setting, _plain(run.trial.parameters)))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted((name, _plain(each)) for name, each in value.items())
    return value
