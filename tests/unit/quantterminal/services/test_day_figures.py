import math
from dataclasses import replace
from datetime import date
from decimal import Decimal
from statistics import mean, stdev

import pytest

from quantterminal.domain.report import EquityAt, OrderFlow
from quantterminal.domain.signals import Side
from quantterminal.domain.trading_day import trading_day
from quantterminal.ports.report_ledger import DayRecords, FillRecord, OrderRecord
from quantterminal.services.day_figures import (
    MINUTES_PER_YEAR,
    UNNAMED_DENIAL,
    equity_curve,
    opening_equity,
    order_flow,
    performance,
    trades_of,
)
from tests.unit.quantterminal.services.sample_day import RECORDS, WINDOW, at, fill, order


def flow_of(*orders: OrderRecord, fills: tuple[FillRecord, ...] = ()) -> OrderFlow:
    return order_flow(DayRecords(orders=orders, fills=fills), strategy=None, timeout_s=30)


def points(*pairs: tuple[float, int]) -> tuple[EquityAt, ...]:
    return tuple(EquityAt(at(minutes), Decimal(equity)) for minutes, equity in pairs)


def test_the_curve_begins_with_the_opening_equity_and_keeps_the_last_value_of_each_minute() -> None:
    records = DayRecords(
        day_open_equity=Decimal(100), equity=points((1, 101), (1.9, 102), (4, 105))
    )

    curve = equity_curve(records, WINDOW)

    assert curve == points((0, 100), (1, 102), (2, 102), (3, 102), (4, 105))


def test_what_is_recorded_after_the_close_counts_to_the_close() -> None:
    records = DayRecords(day_open_equity=Decimal(100), equity=points((0.5, 99), (391.5, 103)))

    curve = equity_curve(records, WINDOW)

    assert len(curve) == 391
    assert curve[1] == EquityAt(at(1), Decimal(99))
    assert curve[-1] == EquityAt(WINDOW.closes, Decimal(103))


def test_a_day_without_recorded_equity_has_no_curve() -> None:
    assert equity_curve(DayRecords(day_open_equity=Decimal(100)), WINDOW) == ()


def test_opening_equity_is_the_recorded_one_else_the_last_before_else_the_first() -> None:
    records = DayRecords(equity=points((1, 101)))

    assert opening_equity(DayRecords()) is None
    assert opening_equity(records) == 101
    records = replace(records, previous_equity=Decimal(99))
    assert opening_equity(records) == 99
    assert opening_equity(replace(records, day_open_equity=Decimal(98))) == 98


def test_trades_are_round_trips_that_closed_on_the_day_whenever_they_began() -> None:
    (trade,) = trades_of(RECORDS, "momentum", WINDOW)

    assert (trade.side, trade.quantity, trade.pnl) == (Side.BUY, Decimal(10), Decimal(30))
    assert trade.opened_at < WINDOW.start < trade.closed_at
    assert trades_of(RECORDS, "momentum", trading_day(date(2013, 10, 8))) == ()


def test_sharpe_is_annualised_from_the_minutes_of_the_day() -> None:
    equity = [Decimal(100), Decimal(101), Decimal(100), Decimal(102)]
    returns = [0.01, 100 / 101 - 1, 0.02]

    result = performance([], equity, realized=Decimal(0), total=Decimal(2))

    expected = mean(returns) / stdev(returns) * math.sqrt(MINUTES_PER_YEAR)
    assert result.sharpe is not None
    assert float(result.sharpe) == pytest.approx(expected, abs=1e-6)
    assert result.max_drawdown == Decimal("0.009901")


@pytest.mark.parametrize("equity", [[], [100], [100, 100, 100], [100, 0, 50]])
def test_sharpe_is_none_where_equity_does_not_define_it(equity: list[int]) -> None:
    values = [Decimal(value) for value in equity]

    result = performance([], values, realized=Decimal(0), total=Decimal(0))

    assert result.sharpe is None
    assert result.win_rate is None


def test_fill_rate_counts_only_complete_fills_within_the_time_out() -> None:
    flow = flow_of(
        order("in time", completed=1.5),
        order("a second late", completed=1 + 31 / 60),
        order("never", status="canceled"),
        order("rejected", status="rejected"),
        order("never sent", status="abandoned", submitted=None),
        order("external", is_external=True, completed=1.0),
    )

    assert flow.fill_rate == Decimal("0.25")
    assert flow.orders == 6


def test_nothing_submitted_means_no_fill_rate() -> None:
    assert flow_of(order("never sent", submitted=None)).fill_rate is None


def test_slippage_is_a_cost_on_either_side_weighted_by_shares() -> None:
    fills = (
        fill(Side.BUY, 30, "100.10", 1, reference="100"),  # 10 bps paid
        fill(Side.SELL, 10, "100.20", 2, reference="100"),  # 20 bps gained
        fill(Side.SELL, 99, "50", 3),  # external: no reference, not judged
    )

    assert flow_of(fills=fills).slippage_bps == Decimal("2.5")
    assert flow_of(fills=fills[2:]).slippage_bps is None


def test_latency_percentiles_are_measured_values() -> None:
    orders = [order(str(n), latency_us=n * 1000) for n in range(1, 101)]

    flow = flow_of(*orders)

    assert (flow.latency_p50_ms, flow.latency_p99_ms) == (Decimal(50), Decimal(99))
    assert flow_of(order("one", latency_us=1_234)).latency_p99_ms == Decimal("1.234")
    assert flow_of().latency_p50_ms is None


def test_refusals_are_counted_by_code() -> None:
    flow = flow_of(
        order("1", status="rejected", reason="40310000: insufficient buying power"),
        order("2", status="rejected", reason="asset is not tradable"),
        order("3", status="rejected"),
        order("4", status="denied", reason="HALTED: account is HALTED"),
        order("5", status="denied", reason="because"),
    )

    assert flow.rejections == {
        "40310000": 1,
        "asset is not tradable": 1,
        "no reason given": 1,
    }
    assert flow.denials == {UNNAMED_DENIAL: 1, "HALTED": 1}
    assert flow.statuses == {"denied": 2, "rejected": 3}
