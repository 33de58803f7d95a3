import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from cli.backtest import BacktestOptions, make_plan, summary
from cli.bars import BarsWanted
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantzoo.backtest.result import Dividend
from quantzoo.tearsheet import charts
from quantzoo.tearsheet.page import render
from quantzoo.trades import Split
from tests.e2e.qt_process import write_bars

HEADINGS = (
    "Equity",
    "Drawdown",
    "Returns by month",
    "Profit of the trades",
    "Exposure",
    "By strategy",
    "By symbol",
    "What it cost",
    "What was not sent",
    "Halts",
    "Splits and dividends",
    "What this was made from",
)


def test_one_file_with_every_part_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=["ALDR", "BRKT"], minutes=390)
    plan = make_plan(BacktestOptions(BarsWanted([str(bars)])))
    result = plan.run()
    found = summary(result, plan)

    page = render(result, found)

    for heading in HEADINGS:
        assert f"<h2>{heading}" in page
    assert plan.history.data_hash in page
    assert found["code"] in page
    assert "fast = 5, slow = 20" in page
    assert page.count("<svg") == 4
    assert "http" not in page
    assert "<script" not in page
    for profit in (*result.profit_by_strategy().values(), *result.profit_by_symbol().values()):
        assert f">{profit:,.2f}<" in page


def test_splits_and_dividends_are_listed_and_doubts_are_raised(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=["ALDR"], minutes=5)
    plan = make_plan(BacktestOptions(BarsWanted([str(bars)])))
    result = plan.run()
    action = CorporateAction("s", "ALDR", ActionKind.SPLIT, date(2024, 3, 5), 1.0, 3.0)
    at = datetime(2024, 3, 5, 14, 30, tzinfo=UTC)
    paid = Dividend(at, "momentum", "ALDR", Decimal("3.5"))
    changed = replace(result, splits=[Split(at, action)], dividends=[paid])

    page = render(changed, {**summary(result, plan), "unexplained_jumps": ["ALDR & co"]})

    assert "<td>2024-03-05</td><td>ALDR</td><td>3 for 1</td>" in page
    assert "dividend, 3.50 to momentum" in page
    assert "Not known as a split: ALDR &amp; co" in page


def test_a_run_without_a_trade_still_has_a_page(tmp_path: Path) -> None:
    bars = tmp_path / "bars.csv"
    write_bars(bars, symbols=["ALDR"], minutes=5)
    plan = make_plan(BacktestOptions(BarsWanted([str(bars)])))
    result = plan.run()

    assert "nothing to show" in render(result, summary(result, plan))


@pytest.mark.parametrize("values", [[-12.0, -0.01, 3.0, 90.0], [5.0, 7.5], [0.0], [-4.0]])
def test_zero_is_the_edge_between_losses_and_profits(values: list[float]) -> None:
    drawn = charts.histogram(values, name="profits", words=charts.dollars)

    below = len([value for value in values if value < 0])
    counts = [int(n) for n in re.findall(r": (\d+)</title>", drawn)]
    assert sum(counts) == len(values)
    hollow = re.findall(r'class="down".*?<title>(.*?)</title>', drawn)
    assert sum(int(text.rpartition(" ")[2]) for text in hollow) == below


def test_scales_are_of_round_numbers() -> None:
    drawn = charts.line_chart(
        [99_700.0, 105_974.0], labels=["a", "b"], name="equity", words=charts.dollars
    )

    for tick in ("98,000", "100,000", "102,000", "104,000", "106,000"):
        assert f">{tick}</text>" in drawn
