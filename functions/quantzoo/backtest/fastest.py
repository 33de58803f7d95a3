"""The quicker of the two engines that can do it; their results are the same."""

from importlib.util import find_spec

from quantzoo.backtest.engine import Progress, Setting, backtest
from quantzoo.backtest.history import History
from quantzoo.backtest.result import Result


def run_backtest(setting: Setting, history: History, *, progress: Progress | None = None) -> Result:
    """As `backtest`; by columns where numpy is installed and every strategy can sleep."""
    if find_spec("numpy") is not None:
        from quantzoo.backtest.sparse import can_sleep, sparse_backtest

        if can_sleep(setting.trading):
            return sparse_backtest(setting, history, progress=progress)
    return backtest(setting, history, progress=progress)
