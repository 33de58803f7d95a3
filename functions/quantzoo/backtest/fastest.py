"""The quickest of the engines that can do it; their results are the same."""

from dataclasses import replace
from importlib.util import find_spec

from quantterminal.domain.corporate_actions import between
from quantterminal.domain.sessions import new_york_date
from quantzoo.backtest.engine import Progress, Setting, backtest
from quantzoo.backtest.history import History
from quantzoo.backtest.result import Result


def run_backtest(setting: Setting, history: History, *, progress: Progress | None = None) -> Result:
    """As `backtest`; on integers or by columns where numpy is installed and every strategy, the
    fill model and the corporate actions allow it.
    """
    if not has_actions(setting, history):
        setting = replace(setting, actions=())
    if find_spec("numpy") is not None and not setting.actions:
        from quantzoo.backtest.quick import problem_of, quick_backtest
        from quantzoo.backtest.sparse import can_sleep, sparse_backtest

        if problem_of(setting, history) is None:
            return quick_backtest(setting, history, progress=progress)
        if can_sleep(setting.trading):
            return sparse_backtest(setting, history, progress=progress)
    return backtest(setting, history, progress=progress)


def has_actions(setting: Setting, history: History) -> bool:
    """Whether a split or dividend falls between the sessions of the history."""
    first, last = new_york_date(history.first), new_york_date(history.last)
    found = between(setting.actions, after=first, until=last)
    return any(each.symbol in history.series for each in found)
