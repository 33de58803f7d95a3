import json
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from quantterminal.adapters.html.report_page import render_report
from quantterminal.adapters.memory.archive import MemoryArchive
from quantterminal.adapters.memory.bar_store import MemoryBarStore
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.event_bus import MemoryEventBus
from quantterminal.adapters.memory.report_ledger import MemoryReportLedger
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.events import BusinessEvent, EventName
from quantterminal.domain.report import DayReport
from quantterminal.ports.report_ledger import DayRecords, Tally
from quantterminal.services.backtest_day import backtest_day
from quantterminal.services.report import (
    ReportLocation,
    ReportsRuntime,
    announcement,
    day_report,
    make_report,
)
from tests.unit.quantterminal.services.sample_day import DAY, RECORDS, TRADING, WINDOW


@pytest.fixture
def archive() -> MemoryArchive:
    return MemoryArchive()


@pytest.fixture
def ledger() -> MemoryReportLedger:
    ledger = MemoryReportLedger()
    ledger.records["demo", DAY] = RECORDS
    return ledger


def make(ledger: MemoryReportLedger, archive: MemoryArchive, clock: MemoryClock) -> ReportLocation:
    runtime = ReportsRuntime(
        trading=TRADING,
        clock=clock,
        ledger=ledger,
        archive=archive,
        event_bus=MemoryEventBus(),
        telemetry=MemoryTelemetry(),
        render_page=render_report,
        backtest_day=partial(backtest_day, store=MemoryBarStore(), trading=TRADING),
        code_version="abc123",
    )
    return make_report(DAY, runtime=runtime)


def report_of(records: DayRecords) -> DayReport:
    return day_report(records, WINDOW, trading=TRADING, code_version="abc123", complete=True)


def test_the_report_holds_the_day_per_strategy_and_for_the_account() -> None:
    report = report_of(RECORDS)

    momentum, idle = report.strategies
    assert (momentum.name, idle.name) == ("momentum", "idle")
    assert momentum.performance.realized_pnl == 30
    assert momentum.performance.total_pnl == 70
    assert momentum.performance.trades == 1
    assert momentum.performance.win_rate == 1
    assert momentum.flow.fill_rate == Decimal("0.333333")
    assert momentum.flow.denials == {"HALTED": 1, "POSITION_LIMIT": 1}
    assert momentum.flow.rejections == {"40310000": 1}
    assert idle.performance.sharpe is None
    assert idle.flow.orders == 0
    assert report.overall.performance.total_pnl == 70
    assert report.overall.performance.max_drawdown == 0
    assert report.bars_quarantined == {"NAN": 2}
    assert report.halts == RECORDS.halts


def test_equity_that_the_fills_explain_leaves_nothing_unattributed() -> None:
    assert report_of(RECORDS).unattributed_pnl == 0
    paid_in = replace(RECORDS, day_open_equity=Decimal(9_900))
    assert report_of(paid_in).unattributed_pnl == 100
    assert report_of(replace(RECORDS, equity=())).unattributed_pnl is None


def test_a_strategy_that_is_not_configured_any_more_is_reported_all_the_same() -> None:
    records = replace(RECORDS, signals=(*RECORDS.signals, Tally("retired", 1)))

    assert [each.name for each in report_of(records).strategies] == ["momentum", "idle", "retired"]


def test_an_empty_day_has_a_report_too() -> None:
    report = report_of(DayRecords())

    assert report.overall.performance.total_pnl == 0
    assert report.overall.performance.max_drawdown is None
    assert report.curve == ()
    assert "No equity was recorded" in render_report(report)


def test_both_files_are_written_and_numbers_are_decimal_strings(
    ledger: MemoryReportLedger, archive: MemoryArchive
) -> None:
    location = make(ledger, archive, MemoryClock(WINDOW.closes))

    assert archive.list("reports/demo/") == [location.html_key, location.json_key]
    assert location.json_key == "reports/demo/2013-10-07.json"
    assert archive.content_types[location.html_key] == "text/html; charset=utf-8"
    written = json.loads(archive.get(location.json_key))
    assert written["schema"] == 1
    assert written["complete"] is True
    assert written["mode"] == "SIMULATED"
    assert written["session_open"] == "2013-10-07T13:30:00Z"
    assert written["overall"]["performance"]["realized_pnl"] == "30.0000"
    assert written["overall"]["flow"]["orders"] == 4
    assert written["curve"][0] == {"at": "2013-10-07T13:30:00Z", "equity": "10000"}


def test_the_same_ledger_gives_the_same_files_at_any_later_time(
    ledger: MemoryReportLedger, archive: MemoryArchive
) -> None:
    first = make(ledger, archive, MemoryClock(WINDOW.closes))
    bodies = [archive.get(key) for key in archive.list("")]

    second = make(ledger, archive, MemoryClock(WINDOW.end))

    assert [archive.get(key) for key in archive.list("")] == bodies
    assert second.digest == first.digest


def test_before_the_close_the_report_says_that_it_is_partial(
    ledger: MemoryReportLedger, archive: MemoryArchive
) -> None:
    location = make(ledger, archive, MemoryClock(WINDOW.opens))

    assert location.report.complete is False
    assert b"had not closed" in archive.get(location.html_key)


def test_the_announcement_names_the_files_and_its_id_follows_the_content(
    ledger: MemoryReportLedger, archive: MemoryArchive
) -> None:
    location = make(ledger, archive, MemoryClock(WINDOW.closes))

    message = announcement(location, at=WINDOW.closes)

    event = message.payload
    assert isinstance(event, BusinessEvent)
    assert event.name is EventName.REPORT_READY
    assert event.fields["json"] == location.json_key
    assert event.fields["total_pnl"] == "70.0000"
    assert message.id == announcement(location, at=WINDOW.end).id
    changed = replace(location, digest="0" * 64)
    assert announcement(changed, at=WINDOW.closes).id != message.id
