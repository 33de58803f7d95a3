"""The quickest of the engines that can do it; their results are the same."""

from importlib.util import find_spec

from quantzoo.backtest.engine import Progress, Setting, backtest
from quantzoo.backtest.history import History
from quantzoo.backtest.result import Result


def run_backtest(setting: Setting, history: History, *, progress: Progress | None = None) -> Result:
    """As `backtest`; on integers or by columns where numpy is installed and every strategy and the
    fill model allow it.
    """
    if find_spec("numpy") is not None:
        from quantzoo.backtest.quick import problem_of, quick_backtest
        from quantzoo.backtest.sparse import can_sleep, sparse_backtest

        if problem_of(setting, history) is None:
            return quick_backtest(setting, history, progress=progress)
        if can_sleep(setting.trading):
            return sparse_backtest(setting, history, progress=progress)
    return backtest(setting, history, progress=progress)
