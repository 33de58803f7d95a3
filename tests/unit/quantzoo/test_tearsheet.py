from pathlib import Path

from cli.backtest import BacktestOptions, make_plan, summary
from cli.bars import BarsWanted
from quantzoo.tearsheet.page import render
from tests.e2e.qt_process import write_bars


def test_one_file_with_every_part_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=["ALDR", "BRKT"], minutes=390)
    plan = make_plan(BacktestOptions(BarsWanted([str(bars)])))
    result = plan.run()

    page = render(result, summary(result, plan))

    for heading in ("Equity", "Drawdown", "Returns by month", "Costs", "Halts", "made from"):
        assert heading in page
    assert plan.history.data_hash in page
    assert page.count("<svg") == 4
    assert "http" not in page
    assert "<script" not in page


def test_a_run_without_a_trade_still_has_a_page(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=["ALDR"], minutes=5)
    plan = make_plan(BacktestOptions(BarsWanted([str(bars)])))
    result = plan.run()

    assert "nothing to show" in render(result, summary(result, plan))
