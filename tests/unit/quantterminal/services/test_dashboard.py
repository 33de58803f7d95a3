import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from quantterminal.adapters.postgres.run_log import PostgresRunLog
from quantterminal.adapters.postgres.view_ledger import PostgresViewLedger
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.signals import Action, Side
from quantterminal.domain.view import Dashboard
from quantterminal.ports.ledger import Books
from quantterminal.ports.run_log import SystemStart
from quantterminal.ports.watermarks import Quote
from quantterminal.services.apply_update import apply_update
from quantterminal.services.dashboard import (
    bars,
    curve,
    dashboard,
    figures_of_today,
    hello,
    reports,
)
from quantterminal.services.reconcile import import_facts
from tests.unit.quantterminal.services.conftest import MakePipeline
from tests.unit.quantterminal.services.pipeline import CASH, OPEN, Pipeline
from tests.unit.quantterminal.services.test_tape_health import TOLD


def picture(pipeline: Pipeline) -> Dashboard:
    runtime = pipeline.dashboard
    return dashboard(figures_of_today(runtime=runtime), runtime=runtime)


def agrees(shown: Dashboard) -> bool:
    """Equity is cash and market values, to the cent; profit is what they have gained."""
    values = sum((Decimal(each.market_value) for each in shown.positions), Decimal(0))
    equity = Decimal(shown.equity) == Decimal(shown.cash) + values
    unrealized = sum((Decimal(each.unrealized_pnl) for each in shown.positions), Decimal(0))
    profit = Decimal(shown.unrealized_pnl) == unrealized
    return equity and profit


def test_an_account_that_has_done_nothing(pipeline: Pipeline) -> None:
    shown = picture(pipeline)

    assert agrees(shown)
    assert (shown.equity, shown.cash, shown.day_pnl) == ("100000.00", "100000.00", "0.00")
    assert (shown.positions, shown.orders, shown.halts) == ((), (), ())
    assert shown.session_open
    assert shown.halt_level == "ACTIVE"


def test_positions_are_marked_at_the_last_bar(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.bought("IBM", 30, "100.00")
    pipeline.minute(1, SPY=101.0, IBM=99.5)

    shown = picture(pipeline)

    assert agrees(shown)
    assert (shown.equity, shown.day_pnl) == ("100005.00", "5.00")
    assert shown.unrealized_pnl == "5.00"
    assert shown.high_water_mark == "100005.00"
    assert (shown.gross, shown.net) == ("5005.00", "5005.00")
    spy = shown.positions[1]
    assert (spy.symbol, spy.quantity, spy.market_value) == ("SPY", "20", "2020.00")
    assert (spy.average_price, spy.last, spy.weight) == ("100.0000", "101.0000", "0.020199")
    assert spy.strategies == ("eager",)


def test_a_newer_quote_counts_more_than_the_bar(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    now = pipeline.clock.now()
    pipeline.quotes.put({"SPY": Quote(Decimal("99.98"), Decimal("100.04"), now)})

    shown = picture(pipeline)

    assert agrees(shown)
    assert shown.unrealized_pnl == "0.20"
    assert shown.health.feed == "live"


def test_an_older_quote_counts_less(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    then = pipeline.clock.now() - timedelta(minutes=5)
    pipeline.quotes.put({"SPY": Quote(Decimal(1), Decimal(1), then)})

    assert picture(pipeline).unrealized_pnl == "0.00"


def test_a_position_without_a_price_is_shown_at_its_cost(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    by_hand = pipeline.broker.order_by_hand("XYZ", Side.BUY, 10, "50.00")
    fill = pipeline.broker.fill(by_hand.client_order_id, 10, "50.00")
    apply_update(fill, source="stream", runtime=pipeline.updates)

    shown = picture(pipeline)

    assert agrees(shown)
    assert shown.equity == f"{CASH:.2f}"
    assert (shown.positions[1].last, shown.positions[1].market_value) == ("", "500.00")


def test_realised_profit_stays_when_the_position_is_gone(pipeline: Pipeline) -> None:
    order = pipeline.bought("SPY", 20, "100.00")
    closing = pipeline.working("SPY", action=Action.CLOSE, quantity=None, ordinal=1)
    fill = pipeline.broker.fill(closing.client_order_id, 20, "101.50")
    apply_update(fill, source="stream", runtime=pipeline.updates)

    shown = picture(pipeline)

    assert agrees(shown)
    assert (shown.realized_pnl, shown.unrealized_pnl) == ("30.00", "0.00")
    assert shown.equity == "100030.00"
    assert [row.status for row in shown.orders] == ["filled", "filled"]
    assert {row.average_price for row in shown.orders} == {"100.0000", "101.5000"}
    assert shown.strategies[0].fills == 2
    assert order.client_order_id in {row.client_order_id for row in shown.orders}


def test_reservations_and_buying_power(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.working("IBM", quantity=10)

    shown = picture(pipeline)

    assert shown.reserved == "1000.50"
    assert shown.buying_power == "96999.50"


def test_denials_stand_among_the_orders(pipeline: Pipeline) -> None:
    pipeline.assess(pipeline.ask("SPY", quantity=500))

    row = picture(pipeline).orders[0]

    assert (row.status, row.quantity, row.filled_quantity) == ("POSITION_LIMIT", "500", "0")


def test_halts_and_their_reasons(pipeline: Pipeline) -> None:
    pipeline.halts.raise_halt(
        ACCOUNT, HaltLevel.HALTED, code=HaltCode.OPERATOR, reason="lunch", actor="ann"
    )
    pipeline.halts.raise_halt(
        "symbol:SPY", HaltLevel.REDUCE_ONLY, code=HaltCode.RECONCILE, reason="odd", actor="x"
    )
    pipeline.halts.lift("symbol:SPY", actor="ann", reason="fine")

    shown = picture(pipeline)

    assert shown.halt_level == "HALTED"
    assert [(row.scope, row.level, row.reason) for row in shown.halts] == [
        ("account", "HALTED", "lunch")
    ]
    assert shown.strategies[0].level == "HALTED"
    assert shown.alerts[0].name == "halt"


def test_health_says_how_old_everything_is(pipeline: Pipeline) -> None:
    import_facts(runtime=pipeline.reconciling)
    pipeline.clock.forward(timedelta(seconds=9))

    health = picture(pipeline).health

    assert (health.last_bar_age_s, health.last_reconcile_age_s) == (10.0, 9.0)
    assert (health.bars_seen, health.bars_quarantined) == (2, 0)
    assert health.broker_stream == "live"
    assert health.latency_p50_ms is None


def test_hello_brings_the_curve_and_the_picture(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.minute(1, SPY=101.0)

    first = hello(1, runtime=pipeline.dashboard)

    assert [point.equity for point in first.curve] == ["100000.00", "100020.00"]
    assert first.dashboard == picture(pipeline)
    assert '"equity":"100020.00"' in pipeline.dashboard.encode(first)


def test_an_order_says_what_its_fill_cost(pipeline: Pipeline) -> None:
    bought = pipeline.working("SPY", quantity=20)
    fill = pipeline.broker.fill(bought.client_order_id, 20, "100.05")
    apply_update(fill, source="stream", runtime=pipeline.updates)
    closing = pipeline.working("SPY", action=Action.CLOSE, quantity=None, ordinal=1)
    fill = pipeline.broker.fill(closing.client_order_id, 20, "99.90")
    apply_update(fill, source="stream", runtime=pipeline.updates)

    rows = {row.client_order_id: row for row in picture(pipeline).orders}

    buy, sell = rows[bought.client_order_id], rows[closing.client_order_id]
    assert (buy.reference_price, buy.slippage_bps) == ("100", "5.00")
    assert (sell.side, sell.slippage_bps) == ("sell", "10.00")
    assert buy.filled_at is not None


def test_an_order_without_a_fill_costs_nothing_yet(pipeline: Pipeline) -> None:
    pipeline.working("IBM", quantity=10)

    row = picture(pipeline).orders[0]

    assert (row.filled_at, row.average_price, row.slippage_bps) == (None, "", "")


def test_limits_say_how_much_of_each_is_used(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.working("IBM", quantity=10)
    pipeline.minute(1, SPY=90.0, IBM=100.0)

    limits = {row.code: row for row in picture(pipeline).limits}

    assert (limits["DAILY_LOSS"].used, limits["DAILY_LOSS"].limit) == ("0.002000", "0.050000")
    assert limits["DRAWDOWN"].used == "0.002000"
    assert (limits["POSITION_LIMIT"].used, limits["POSITION_LIMIT"].subject) == ("0.018036", "SPY")
    assert limits["BUYING_POWER"].used == "0.028061"
    assert (limits["STALE_DATA"].used, limits["STALE_DATA"].unit) == ("1", "seconds")


def test_strategies_carry_the_figures_of_the_day(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    closing = pipeline.working("SPY", action=Action.CLOSE, quantity=None, ordinal=1)
    fill = pipeline.broker.fill(closing.client_order_id, 20, "101.50")
    apply_update(fill, source="stream", runtime=pipeline.updates)

    row = picture(pipeline).strategies[0]

    assert (row.fills, row.trades, row.win_rate) == (2, 1, "1.000000")
    assert (row.last_signal, row.last_signal_at) == ("buy IBM", OPEN + timedelta(minutes=1))
    assert row.latency_p99_ms is None


def test_a_first_fill_between_two_reads_is_left_for_the_next_second(pipeline: Pipeline) -> None:
    class Early(PostgresViewLedger):
        """Reads the books before the fill that its other answers know of."""

        def books(self, account: str) -> Books:
            return replace(super().books(account), positions={})

    pipeline.bought("SPY", 20, "100.00")
    runtime = replace(pipeline.dashboard, ledger=Early(pipeline.database))

    shown = dashboard({}, runtime=runtime)

    assert (shown.positions, shown.strategies[0].day_pnl) == ((), "0.00")


def test_quotes_are_the_book(pipeline: Pipeline) -> None:
    now = pipeline.clock.now()
    pipeline.quotes.put({"SPY": Quote(Decimal("99.98"), Decimal("100.04"), now)})

    [row] = picture(pipeline).quotes

    assert (row.symbol, row.bid, row.ask) == ("SPY", "99.9800", "100.0400")


def test_the_feed_s_own_figures_are_part_of_the_picture(pipeline: Pipeline) -> None:
    assert picture(pipeline).tape.state == "unknown"

    pipeline.feed_board.put(TOLD)

    assert (picture(pipeline).tape.state, picture(pipeline).tape.stored_p99_ms) == ("live", 19.0)


def test_an_order_that_waits_to_be_sent_makes_the_pipeline_old(pipeline: Pipeline) -> None:
    pipeline.assess(pipeline.ask("SPY", quantity=10))
    pipeline.clock.forward(timedelta(seconds=7))

    assert picture(pipeline).health.waiting_order_age_s == 7.0


def test_a_curve_is_thinned_and_knows_what_was_before(pipeline: Pipeline) -> None:
    for number in range(1, 6):
        pipeline.minute(number, SPY=100.0, IBM=100.0)
    runtime = pipeline.dashboard
    ledger, now = runtime.ledger, pipeline.clock.now()

    week = curve("week", runtime=runtime, archive=pipeline.archive)
    few = ledger.curve(pipeline.account, since=now - timedelta(days=1), most=3)

    assert len(week.points) >= 5
    assert week.previous_close == ""
    assert len(few) <= 4
    assert few[-1] == week.points[-1]
    assert ledger.equity_before(pipeline.account, at=now) == "100000.00"


def test_halts_and_their_ends_stand_beside_the_curve(pipeline: Pipeline) -> None:
    pipeline.halts.raise_halt(
        ACCOUNT, HaltLevel.HALTED, code=HaltCode.OPERATOR, reason="lunch", actor="ann"
    )
    pipeline.halts.lift(ACCOUNT, actor="ann", reason="fine")

    markers = curve("day", runtime=pipeline.dashboard, archive=pipeline.archive).markers

    assert [each.kind for each in markers] == ["halt", "rearmed"]
    assert "lunch" in markers[0].text


def test_starts_stand_beside_the_curve_and_say_when_they_are_deploys(pipeline: Pipeline) -> None:
    log, began = PostgresRunLog(pipeline.database), pipeline.clock.now()
    for minutes, code, config in (
        (-20, "aaa", "{}"),
        (1, "aaa", "{}"),
        (1, "aaa", "{}"),
        (2, "bbb", "{}"),
        (3, "bbb", '{"limits": 1}'),
    ):
        at = began + timedelta(minutes=minutes)
        log.note(SystemStart(pipeline.account, at, "SIMULATED", "container", code, config))
    other = SystemStart("another", began, "SIMULATED", "container", "ccc", "{}")
    log.note(other)

    markers = curve("day", runtime=pipeline.dashboard, archive=pipeline.archive).markers

    assert [(each.kind, each.text) for each in markers] == [
        ("start", "container aaa"),
        ("start", "container aaa"),
        ("deploy", "container bbb"),
        ("deploy", "container bbb"),
    ]


def test_the_curve_carries_the_backtest_of_the_days_that_have_one(pipeline: Pipeline) -> None:
    def tested(day: str, *equity: str) -> None:
        points = [{"at": f"{day}T14:3{n}:00Z", "equity": each} for n, each in enumerate(equity)]
        body = json.dumps({"backtest": {"curve": points}}).encode()
        pipeline.archive.put(f"reports/{pipeline.account}/{day}.json", body, "application/json")

    tested("2013-10-04", "100.0000", "101.0000")
    tested("2013-10-07", "102.0000")
    key = f"reports/{pipeline.account}/2013-10-03.json"
    pipeline.archive.put(key, b'{"backtest": null}', "application/json")
    shown = {
        span: curve(span, runtime=pipeline.dashboard, archive=pipeline.archive).backtest
        for span in ("day", "week", "all")
    }

    assert [each.equity for each in shown["day"]] == ["102.0000"]
    assert [each.equity for each in shown["week"]] == ["100.0000", "101.0000", "102.0000"]
    assert shown["all"] == shown["week"]
    assert shown["day"][0].at == datetime(2013, 10, 7, 14, 30, tzinfo=UTC)


def test_bars_are_those_of_a_symbol_that_is_traded(pipeline: Pipeline) -> None:
    pipeline.minute(1, SPY=101.0, IBM=99.0)

    found = bars("SPY", runtime=pipeline.dashboard)

    assert (found.symbol, found.bars[-1].close) == ("SPY", 101.0)
    with pytest.raises(InvalidValueError, match="universe"):
        bars("XYZ", runtime=pipeline.dashboard)
    with pytest.raises(InvalidValueError, match="day, week"):
        curve("year", runtime=pipeline.dashboard, archive=pipeline.archive)


def test_reports_are_listed_newest_first(make_pipeline: MakePipeline) -> None:
    made = make_pipeline()
    for day in ("2013-10-04", "2013-10-07"):
        for kind in ("html", "json"):
            made.archive.put(f"reports/{made.account}/{day}.{kind}", b"x", "text/plain")

    found = reports(made.archive, made.account)

    assert [row.day for row in found.reports] == ["2013-10-07", "2013-10-04"]
