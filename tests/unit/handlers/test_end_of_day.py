"""The handlers of the cold path, with fakes in place of what the composition root builds."""

import json

import pytest

from handlers import notify, reports, trade_log
from quantterminal import bootstrap
from quantterminal.adapters.html.report_page import render_report
from quantterminal.adapters.memory.archive import MemoryArchive
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.event_bus import MemoryEventBus
from quantterminal.adapters.memory.journal import MemoryJournal
from quantterminal.adapters.memory.notifier import MemoryNotifier
from quantterminal.adapters.memory.report_ledger import MemoryReportLedger
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.adapters.wire import codec
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import BusinessEvent
from quantterminal.domain.journal import Entry, chain
from quantterminal.ports.notifier import Severity
from quantterminal.services.notify import NotifyRuntime
from quantterminal.services.report import ReportsRuntime
from quantterminal.services.trade_log import TradeLogRuntime
from tests.unit.quantterminal.services.sample_day import DAY, RECORDS, TRADING, WINDOW

AFTER_CLOSE = {"time": "2013-10-07T20:10:00Z"}
BEFORE_CLOSE = {"time": "2013-10-07T17:10:00Z"}


@pytest.fixture
def events() -> MemoryEventBus:
    return MemoryEventBus()


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, events: MemoryEventBus) -> ReportsRuntime:
    ledger = MemoryReportLedger()
    ledger.records["demo", DAY] = RECORDS
    runtime = ReportsRuntime(
        trading=TRADING,
        clock=MemoryClock(WINDOW.closes),
        ledger=ledger,
        archive=MemoryArchive(),
        event_bus=events,
        telemetry=MemoryTelemetry(),
        render_page=render_report,
        backtest_day=lambda _window, _opening: None,
        code_version="abc123",
    )
    monkeypatch.setattr(bootstrap, "reports_runtime", lambda: runtime)
    return runtime


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> MemoryNotifier:
    notifier = MemoryNotifier()
    runtime = NotifyRuntime(TRADING, notifier, MemoryTelemetry(), codec.decode)
    monkeypatch.setattr(bootstrap, "notify_runtime", lambda: runtime)
    return notifier


def test_a_report_is_written_and_announced(runtime: ReportsRuntime, events: MemoryEventBus) -> None:
    answer = reports.handler(AFTER_CLOSE, None)

    assert answer["json"] == "reports/demo/2013-10-07.json"
    assert runtime.archive.list("") == [answer["html"], answer["json"]]
    (message,) = events.published
    assert isinstance(message.payload, BusinessEvent)
    assert message.payload.fields["html"] == answer["html"]


def test_before_the_close_nothing_happens_unless_forced(
    runtime: ReportsRuntime, events: MemoryEventBus
) -> None:
    assert reports.handler(BEFORE_CLOSE, None) == {}
    assert runtime.archive.list("") == []
    assert events.published == []

    assert reports.handler(BEFORE_CLOSE | {"force": True}, None)["day"] == "2013-10-07"


@pytest.mark.usefixtures("runtime")
def test_a_report_that_could_not_be_announced_is_announced_the_next_time(
    events: MemoryEventBus,
) -> None:
    events.is_down = True
    with pytest.raises(RetryableError):
        reports.handler(AFTER_CLOSE, None)

    events.is_down = False
    reports.handler(AFTER_CLOSE, None)

    assert len(events.published) == 1


def test_the_trade_log_is_kept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    archive, telemetry = MemoryArchive(), MemoryTelemetry()
    journal = MemoryJournal()
    journal.rows = chain([Entry("demo", WINDOW.opens, "note", "x", "", {})])
    runtime = TradeLogRuntime(
        TRADING, MemoryClock(WINDOW.closes), MemoryReportLedger(), archive, telemetry, journal
    )
    monkeypatch.setattr(bootstrap, "trade_log_runtime", lambda: runtime)

    assert trade_log.handler(BEFORE_CLOSE, None) == {}
    first = trade_log.handler(AFTER_CLOSE, None)
    second = trade_log.handler(AFTER_CLOSE, None)

    assert first == second
    assert first == {
        "day": "2013-10-07",
        "key": "trade-log/demo/2013-10-07.jsonl",
        "anchor": "trade-log/demo/2013-10-07.anchor.json",
    }
    assert archive.list("") == [first["anchor"], first["key"]]
    assert [each["written"] for each in telemetry.named("trade_log_kept")] == [True, False]


@pytest.mark.usefixtures("runtime")
def test_the_announcement_of_a_report_reaches_the_operator(
    events: MemoryEventBus, notifier: MemoryNotifier
) -> None:
    reports.handler(AFTER_CLOSE, None)
    detail = codec.encode(events.published[0])

    notify.handler({"detail-type": "ReportReady", "detail": json.loads(detail)}, None)

    (notice,) = notifier.notices
    assert notice.subject == (
        "[SIMULATED] INFO ReportReady: Report of 2013-10-07: P&L +70.00, 1 trades"
    )


def test_what_is_no_message_reaches_the_operator_as_it_came(notifier: MemoryNotifier) -> None:
    notify.handler({"detail-type": "Eclipse", "detail": {"sun": "gone"}}, None)

    (notice,) = notifier.notices
    assert notice.severity is Severity.WARNING
    assert '{"sun": "gone"}' in notice.body
