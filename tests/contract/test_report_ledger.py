"""The day that the report and the trade log read: rows of PostgreSQL, through the real schema."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import psycopg
import pytest

from quantterminal.adapters.html.report_page import render_report
from quantterminal.adapters.memory.archive import MemoryArchive
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.event_bus import MemoryEventBus
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.postgres.bar_store import PostgresBarStore
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.gap_log import PostgresGapLog
from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.adapters.postgres.report_ledger import PostgresReportLedger
from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import Halt, HaltCode
from quantterminal.domain.report import EquityAt, FeedGap, HaltRaised
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.signals import Side
from quantterminal.domain.trading_day import trading_day
from quantterminal.ports.report_ledger import DayRecords, FillRecord, Mark, OrderRecord, Tally
from quantterminal.services.backtest_day import backtest_day
from quantterminal.services.report import ReportsRuntime, make_report
from quantterminal.services.trade_log import write_trade_log

DAY = date(2013, 10, 7)
WINDOW = trading_day(DAY)
OPEN = WINDOW.opens


def at(minutes: float) -> datetime:
    return OPEN + timedelta(minutes=minutes)


def yesterday(minutes: float) -> datetime:
    """Friday before, that many minutes after its open."""
    return datetime(2013, 10, 4, 13, 30, tzinfo=UTC) + timedelta(minutes=minutes)


class Rows:
    """Writes ledger rows with as few words as possible."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._fills: dict[str, Decimal] = {}

    def insert(self, table: str, **values: object) -> None:
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        sql = f"insert into {table} ({names}) values ({marks})"  # noqa: S608  names of this file
        self._connection.execute(sql.encode(), list(values.values()))

    def account(self, name: str) -> None:
        self.insert(
            "accounts", account=name, cash=10000, day_open_equity=10000, high_water_mark=10000
        )

    def intent(self, name: str, when: datetime, *, account: str = "demo", **more: object) -> None:
        self.insert(
            "signals", id=f"signal-{name}", account=account, strategy="momentum", version="1",
            symbol="SPY", bar_start=when, ordinal=0, action="buy", reference_price=100.0,
            reason="", origin="strategy", correlation_id=f"bar-{name}", at=when,
        )  # fmt: skip
        values: dict[str, object] = {
            "id": f"intent-{name}", "account": account, "signal_id": f"signal-{name}",
            "attempt": 0, "client_order_id": name, "strategy": "momentum", "symbol": "SPY",
            "side": "buy", "quantity": 10, "limit_price": "100.10", "reference_price": "100",
            "origin": "strategy", "bar_end": when, "valid_until": when, "status": "approved",
            "correlation_id": f"bar-{name}", "at": when,
        }  # fmt: skip
        self.insert("intents", **(values | more))

    def order(self, name: str, when: datetime, *, account: str = "demo", **more: object) -> None:
        values: dict[str, object] = {
            "client_order_id": name, "intent_id": f"intent-{name}", "account": account,
            "strategy": "momentum", "symbol": "SPY", "side": "buy", "quantity": 10,
            "limit_price": "100.10", "status": "filled", "status_at": when,
            "filled_quantity": 10, "broker_order_id": f"broker-{name}", "submitted_at": when,
            "created_at": when, "version": 3, "latency_us": 15000,
        }  # fmt: skip
        self.insert("orders", **(values | more))

    def fill(
        self, order: str, side: str, quantity: int, price: str, when: datetime, **more: object
    ) -> None:
        self._fills[order] = self._fills.get(order, Decimal(0)) + quantity
        values: dict[str, object] = {
            "execution_id": f"{order}-{self._fills[order]}", "client_order_id": order,
            "broker_order_id": f"broker-{order}", "account": "demo", "strategy": "momentum",
            "symbol": "SPY", "side": side, "quantity": quantity, "price": price,
            "cumulative": self._fills[order], "at": when, "source": "stream",
        }  # fmt: skip
        self.insert("fills", **(values | more))

    def bar(self, symbol: str, start: datetime, close: float, *, revision: int = 0) -> None:
        self.insert(
            "bars", symbol=symbol, start=start, revision=revision, open=close, high=close,
            low=close, close=close, volume=100.0, source="test",
        )  # fmt: skip


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    migrate(database)
    with psycopg.connect(database, autocommit=True) as connection:
        rows = Rows(connection)
        rows.account("demo")
        rows.account("other")
        yield rows


@pytest.fixture
def ledger(database: str) -> Iterator[PostgresReportLedger]:
    migrate(database)
    connection = Database(lambda: database)
    yield PostgresReportLedger(connection)
    connection.close()


@pytest.fixture
def store(database: str) -> Iterator[PostgresBarStore]:
    connection = Database(lambda: database)
    yield PostgresBarStore(connection)
    connection.close()


def test_a_ledger_without_rows_answers_an_empty_day(ledger: PostgresReportLedger) -> None:
    assert ledger.day("demo", WINDOW) == DayRecords()
    assert ledger.trade_events("demo", WINDOW) == []


def test_orders_carry_the_instant_at_which_nothing_was_left_open(
    ledger: PostgresReportLedger, rows: Rows
) -> None:
    rows.intent("a", at(1))
    rows.order("a", at(1))
    rows.fill("a", "buy", 4, "100.01", at(1.1))
    rows.fill("a", "buy", 6, "100.02", at(1.2))
    rows.order("b", at(2), intent_id=None, strategy="external", latency_us=None)
    rows.fill("b", "buy", 4, "100.01", at(2.1), strategy="external")

    assert ledger.day("demo", WINDOW).orders == (
        OrderRecord("a", "momentum", "filled", "", False, at(1), at(1.2), 15000),
        OrderRecord("b", "external", "filled", "", True, at(2), None, None),
    )


def test_the_day_is_the_new_york_day_of_that_account(
    ledger: PostgresReportLedger, rows: Rows
) -> None:
    for name, when, account in (
        ("before", WINDOW.start - timedelta(microseconds=1), "demo"),
        ("first", WINDOW.start, "demo"),
        ("last", WINDOW.end - timedelta(microseconds=1), "demo"),
        ("after", WINDOW.end, "demo"),
        ("foreign", at(1), "other"),
    ):
        rows.intent(name, when, account=account)
        rows.order(name, when, account=account)
        rows.fill(name, "buy", 10, "100", when, account=account)

    day = ledger.day("demo", WINDOW)

    assert [each.client_order_id for each in day.orders] == ["first", "last"]
    assert [each.at for each in day.fills] == [WINDOW.start, WINDOW.end - timedelta(microseconds=1)]
    assert day.signals == day.intents == (Tally("momentum", 2),)
    kept = {each.client_order_id for each in ledger.trade_events("demo", WINDOW)}
    assert kept == {"first", "last"}


def test_fills_carry_the_reference_price_of_their_intent(
    ledger: PostgresReportLedger, rows: Rows
) -> None:
    rows.intent("a", at(1), reference_price="99.95")
    rows.order("a", at(1))
    rows.fill("a", "buy", 10, "100.01", at(1.1))

    assert ledger.day("demo", WINDOW).fills == (
        FillRecord(
            "momentum",
            "SPY",
            Side.BUY,
            Decimal(10),
            Decimal("100.01"),
            at(1.1),
            Decimal("99.95"),
        ),
    )


def test_opening_fills_are_those_since_the_holding_was_last_flat(
    ledger: PostgresReportLedger, rows: Rows
) -> None:
    rows.order("old", yesterday(1), intent_id=None)
    for side, quantity, symbol, strategy, minutes in (
        ("buy", 10, "SPY", "momentum", 1),
        ("sell", 10, "SPY", "momentum", 2),  # flat
        ("sell", 5, "SPY", "momentum", 3),
        ("buy", 8, "SPY", "momentum", 4),  # through zero: held on
        ("buy", 1, "IBM", "momentum", 5),
        ("sell", 1, "IBM", "momentum", 6),  # flat: nothing of IBM
        ("buy", 2, "SPY", "reversion", 7),
    ):
        rows.fill(
            "old", side, quantity, "100", yesterday(minutes), symbol=symbol, strategy=strategy
        )

    opening = ledger.day("demo", WINDOW).opening_fills

    assert [(each.strategy, each.symbol, each.side, int(each.quantity)) for each in opening] == [
        ("momentum", "SPY", "sell", 5),
        ("momentum", "SPY", "buy", 8),
        ("reversion", "SPY", "buy", 2),
    ]


def test_marks_are_first_revisions_of_the_symbols_that_were_held_or_traded(
    ledger: PostgresReportLedger, rows: Rows
) -> None:
    rows.order("old", yesterday(1), intent_id=None)
    rows.fill("old", "buy", 10, "100", yesterday(1))
    rows.bar("SPY", yesterday(388), 101.0)
    rows.bar("SPY", yesterday(389), 101.5)
    rows.bar("SPY", yesterday(389), 999.0, revision=1)
    rows.bar("SPY", at(-5), 101.7)  # before the open: the last price before it
    rows.bar("SPY", at(0), 102.1)
    rows.bar("SPY", at(0), 999.0, revision=1)
    rows.bar("IBM", at(0), 180.0)

    day = ledger.day("demo", WINDOW)

    assert day.marks == (Mark("SPY", at(1), Decimal("102.1")),)
    assert day.opening_marks == {"SPY": Decimal("101.7")}
    assert day.bars_in == 3


def test_minutes_are_first_revisions_of_the_symbols_asked_for_in_order(
    store: PostgresBarStore, rows: Rows
) -> None:
    rows.bar("SPY", at(1), 101.0)
    rows.bar("SPY", at(0), 100.0)
    rows.bar("SPY", at(0), 99.0, revision=1)
    rows.bar("SPY", at(2), 102.0)
    rows.bar("IBM", at(0), 50.0)
    rows.bar("BAC", at(0), 14.0)

    found = [
        bar for symbol in ("IBM", "SPY") for bar in store.first_bars(symbol, start=at(0), end=at(2))
    ]

    assert [(each.symbol, each.start, each.close) for each in found] == [
        ("IBM", at(0), 50.0),
        ("SPY", at(0), 100.0),
        ("SPY", at(1), 101.0),
    ]


def test_denials_and_quarantined_bars_are_counted_by_code(
    ledger: PostgresReportLedger, rows: Rows
) -> None:
    for name, code in (("a", "HALTED"), ("b", "HALTED"), ("c", "STALE_DATA")):
        rows.intent(name, at(1), status="denied", denial_code=code, denial_text="because")
    for key, code in (("1", "NAN"), ("2", "OUT_OF_ORDER"), ("3", "NAN")):
        rows.insert("quarantine", key=key, symbol="SPY", code=code, detail="", raw="", at=at(1))

    day = ledger.day("demo", WINDOW)

    assert day.denials == (Tally("momentum", 2, "HALTED"), Tally("momentum", 1, "STALE_DATA"))
    assert day.intents == (Tally("momentum", 3),)
    assert day.bars_quarantined == {"NAN": 2, "OUT_OF_ORDER": 1}


def test_equity_is_read_from_the_open_on(ledger: PostgresReportLedger, rows: Rows) -> None:
    for when, equity in ((yesterday(390), 9990), (at(-1), 9991), (at(1), 10001), (at(2), 10002)):
        rows.insert("equity", account="demo", at=when, equity=equity, cash=0)
    rows.insert(
        "journal", account="demo", at=at(0), kind="session", ref=DAY.isoformat(),
        correlation_id="", payload='{"day_open_equity": "9995.50"}',
        position=1, previous="", digest="",
    )  # fmt: skip

    day = ledger.day("demo", WINDOW)

    assert day.equity == (EquityAt(at(1), Decimal(10001)), EquityAt(at(2), Decimal(10002)))
    assert day.previous_equity == Decimal(9991)
    assert day.day_open_equity == Decimal("9995.50")


@pytest.mark.usefixtures("rows")
def test_halts_of_the_day_are_remembered_after_they_were_lifted(
    database: str, ledger: PostgresReportLedger
) -> None:
    connection = Database(lambda: database)
    halts = PostgresHaltLedger(connection)
    halts.raise_halt(
        "demo",
        Halt("account", HaltLevel.REDUCE_ONLY, HaltCode.DAILY_LOSS, "5 % down", "breaker", at(9)),
    )
    halts.lift("demo", scope="account", actor="me", reason="checked", at=at(10))
    connection.close()

    assert ledger.day("demo", WINDOW).halts == (
        HaltRaised(at(9), "account", "REDUCE_ONLY", "DAILY_LOSS", "5 % down", "breaker"),
    )


def test_gaps_of_the_day_are_listed_in_their_order(
    database: str, ledger: PostgresReportLedger
) -> None:
    connection = Database(lambda: database)
    log = PostgresGapLog(connection, "demo")
    for minutes in (5, 2, -24 * 60):
        log.found(at(minutes), at(minutes + 1), "none")
    log.filled(at(2), bars=3, trades=40, at=at(4))
    connection.close()

    assert ledger.day("demo", WINDOW).gaps == (
        FeedGap(at(2), at(3), "none", 3, 40),
        FeedGap(at(5), at(6), "none", 0, 0),
    )


def test_trade_events_tell_the_life_of_an_order(ledger: PostgresReportLedger, rows: Rows) -> None:
    rows.intent("a", at(1))
    rows.order(
        "a", at(1), submitted_at=at(1.01), status="canceled", status_at=at(2),
        cancel_requested_at=at(1.9), cancel_reason="time-out", filled_quantity=4,
    )  # fmt: skip
    rows.fill("a", "buy", 4, "100.01", at(1.1))
    rows.intent("b", at(3), status="denied", denial_code="HALTED", denial_text="account")

    events = sorted(ledger.trade_events("demo", WINDOW), key=lambda each: each.at)

    assert [(each.kind, each.reason, int(each.filled)) for each in events] == [
        ("intent_approved", "", 0),
        ("order_submitted", "", 0),
        ("fill", "", 4),
        ("cancel_requested", "time-out", 0),
        ("order_status", "", 4),
        ("intent_denied", "HALTED: account", 0),
    ]
    assert {each.correlation_id for each in events} == {"bar-a", "bar-b"}
    assert events[2].reference == "a-4"
    assert events[2].at.tzinfo is UTC


def test_report_and_trade_log_are_made_from_the_rows(
    ledger: PostgresReportLedger, store: PostgresBarStore, rows: Rows
) -> None:
    rows.intent("a", at(1))
    rows.order("a", at(1))
    rows.fill("a", "buy", 10, "100.05", at(1.1))
    rows.bar("SPY", at(1), 101.0)
    rows.insert("equity", account="demo", at=at(2), equity="10009.50", cash="8999.50")
    rows.insert("equity", account="demo", at=at(0), equity="10000", cash="10000")
    archive = MemoryArchive()
    trading = TradingConfig("demo", Mode.PAPER, ("SPY",), (StrategyConfig("momentum", "momentum"),))

    runtime = ReportsRuntime(
        trading=trading,
        clock=MemoryClock(WINDOW.closes),
        ledger=ledger,
        archive=archive,
        event_bus=MemoryEventBus(),
        telemetry=MemoryTelemetry(),
        render_page=render_report,
        backtest_day=partial(backtest_day, store=store, trading=trading),
        code_version="abc123",
    )
    location = make_report(DAY, runtime=runtime)
    log = write_trade_log(DAY, ledger=ledger, archive=archive, trading=trading)

    overall = location.report.overall
    assert overall.performance.total_pnl == Decimal("9.50")
    assert location.report.unattributed_pnl == 0
    assert overall.flow.fill_rate == 1
    assert overall.flow.slippage_bps == 5
    assert log.events == 4
    tested = location.report.backtest
    assert tested is not None
    assert (tested.total_pnl, tested.trades, tested.problem) == (0, 0, "")
    assert [each.equity for each in tested.curve] == [10_000, 10_000]
    assert archive.list("") == [location.html_key, location.json_key, log.key]


def test_an_unreachable_database_is_retryable() -> None:
    ledger = PostgresReportLedger(Database(lambda: "host=127.0.0.1 port=1 dbname=none"))

    with pytest.raises(RetryableError):
        ledger.day("demo", WINDOW)
