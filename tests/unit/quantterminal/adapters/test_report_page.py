import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from quantterminal.adapters.html import formats
from quantterminal.adapters.html.equity_chart import equity_chart
from quantterminal.adapters.html.report_page import MAX_TRADES, render_report
from quantterminal.domain.report import Backtest, DayReport, EquityAt, FeedGap
from quantterminal.services.report import day_report
from tests.unit.quantterminal.services.sample_day import OPEN, RECORDS, TRADING, WINDOW


@pytest.fixture
def report() -> DayReport:
    return day_report(RECORDS, WINDOW, trading=TRADING, code_version="abc123", complete=True)


@pytest.mark.parametrize("mode", ["SIMULATED", "PAPER", "LIVE"])
def test_the_mode_stands_in_title_head_and_foot(report: DayReport, mode: str) -> None:
    page = render_report(replace(report, mode=mode))

    assert f"<title>{mode} report of 2013-10-07, account demo</title>" in page
    assert f'<div class="mode {mode}">{mode}</div>' in page
    assert f"<footer>{mode}: " in page


def test_the_page_needs_nothing_from_elsewhere(report: DayReport) -> None:
    page = render_report(report)

    assert not re.search(r"<script|<link|<img|@import|url\(|https?:", page)


def test_the_figures_of_the_report_are_on_the_page(report: DayReport) -> None:
    page = render_report(report)

    for text in ("+70.00", "+30.00", "33.3\N{NO-BREAK SPACE}%", "POSITION_LIMIT", "40310000",
                 "DAILY_LOSS", "abc123", "NAN", "10,070.00"):  # fmt: skip
        assert text in page


def test_gaps_of_the_feed_are_listed_with_what_filled_them(report: DayReport) -> None:
    gap = FeedGap(OPEN, OPEN + timedelta(seconds=95), "1008", 12, 3_456)

    page = render_report(replace(report, gaps=(gap,)))

    assert "Gaps of the feed" in page
    assert "<td>12</td><td>3,456</td>" in page
    assert "Gaps of the feed" not in render_report(report)


def test_the_backtest_of_the_day_is_drawn_and_compared(report: DayReport) -> None:
    curve = tuple(replace(each, equity=each.equity + 5) for each in report.curve)
    tested = Backtest(3, "next open", trades=2, total_pnl=Decimal("75.0000"), curve=curve)

    page = render_report(replace(report, backtest=tested))
    plain = render_report(report)

    assert "+75.00 in 2 trades, live +70.00 in 1" in page
    assert re.search(r'points="\d[^"]*" fill="none" stroke="#9a5b00"', page)
    assert "backtest" not in plain
    assert 'points="" fill="none" stroke="#9a5b00"' in plain


def test_a_backtest_that_failed_says_why(report: DayReport) -> None:
    failed = Backtest(0, "next open", problem="ZeroDivisionError: <b>by zero</b>")

    page = render_report(replace(report, backtest=failed))

    assert "No backtest of the day: ZeroDivisionError: &lt;b&gt;by zero" in page


def test_what_comes_from_outside_is_escaped(report: DayReport) -> None:
    evil = "<script>alert('x')</script>"
    halt = replace(report.halts[0], reason=evil)
    overall = replace(report.overall, flow=replace(report.overall.flow, rejections={evil: 1}))
    trade = replace(report.trades[0], strategy=evil, symbol=evil)
    page = render_report(
        replace(
            report,
            account=evil,
            mode=evil,
            code_version=evil,
            halts=(halt,),
            overall=overall,
            trades=(trade,),
            bars_quarantined={evil: 1},
        )
    )

    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 8


def test_long_lists_of_trades_are_cut_and_say_so(report: DayReport) -> None:
    trades = report.trades * (MAX_TRADES + 1)

    assert f"The last {MAX_TRADES} of {MAX_TRADES + 1}" in render_report(
        replace(report, trades=trades)
    )


@pytest.mark.parametrize("values", [["100", "100"], ["0.01", "0.02"], ["1e9", "1.5e9", "1e3"]])
def test_the_chart_stays_within_its_frame(values: list[str]) -> None:
    curve = [
        EquityAt(OPEN + timedelta(minutes=index), Decimal(value))
        for index, value in enumerate(values)
    ]

    chart = equity_chart(curve, closes=WINDOW.closes)

    (points,) = re.findall(r'points="([^"]+)"', chart)
    for point in points.split():
        x, y = (float(part) for part in point.split(","))
        assert 0 <= x <= 1020
        assert 0 <= y <= 280
    assert 2 <= chart.count('stroke="#e3e8ee"') <= 10
    assert ">10:00</text>" in chart


def test_one_point_is_no_chart() -> None:
    assert equity_chart([EquityAt(OPEN, Decimal(1))], closes=None) == ""


def test_numbers_read_as_a_reader_wants_them() -> None:
    assert formats.dollars(Decimal("-1234.5")) == "\N{MINUS SIGN}1,234.50"
    assert formats.dollars(Decimal("12.345"), signed=True) == "+12.34"
    assert formats.dollars(Decimal("-0.001"), signed=True) == "0.00"
    assert formats.dollars(None) == "\N{EN DASH}"
    assert formats.price(Decimal("101.2500")) == "101.25"
    assert formats.price(Decimal("0.1234")) == "0.1234"
    assert formats.percent(Decimal("0.1534")) == "15.3\N{NO-BREAK SPACE}%"
    assert formats.shares(Decimal(1000)) == "1,000"
