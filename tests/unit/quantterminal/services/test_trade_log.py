import json
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.memory.archive import MemoryArchive
from quantterminal.adapters.memory.report_ledger import MemoryReportLedger
from quantterminal.domain.signals import Side
from quantterminal.ports.report_ledger import TradeEvent
from quantterminal.services.trade_log import trade_log_lines, write_trade_log
from tests.unit.quantterminal.services.sample_day import DAY, TRADING, at

SUBMITTED = TradeEvent(
    at=at(1),
    kind="order_submitted",
    client_order_id="qt1-a",
    intent_id="intent-a",
    correlation_id="bar-a",
    strategy="momentum",
    symbol="SPY",
    side=Side.BUY,
    quantity=Decimal(10),
    price=Decimal("100.01"),
    filled=Decimal(0),
    status="submitted",
    reason="",
    reference="b-1",
)
APPROVED = replace(SUBMITTED, kind="intent_approved", reference="")
FILL = replace(SUBMITTED, kind="fill", at=at(1.2), filled=Decimal(10), reference="e-1")
EVENTS = (FILL, SUBMITTED, APPROVED)


def ledger_of(*events: TradeEvent) -> MemoryReportLedger:
    ledger = MemoryReportLedger()
    ledger.events["demo", DAY] = events
    return ledger


def test_events_become_lines_in_the_order_of_cause_and_effect() -> None:
    lines = trade_log_lines(EVENTS, account="demo", mode="PAPER").splitlines()

    written = [json.loads(line) for line in lines]
    assert [each["event"] for each in written] == ["intent_approved", "order_submitted", "fill"]
    assert written[2]["at"] == "2013-10-07T13:31:12.000000Z"
    assert written[2]["price"] == "100.01"
    assert {each["mode"] for each in written} == {"PAPER"}


@given(st.permutations(EVENTS))
def test_the_order_in_which_the_ledger_answers_does_not_matter(events: list[TradeEvent]) -> None:
    expected = trade_log_lines(EVENTS, account="demo", mode="PAPER")

    assert trade_log_lines(events, account="demo", mode="PAPER") == expected


def test_the_same_log_is_kept_once() -> None:
    archive = MemoryArchive()

    first = write_trade_log(DAY, ledger=ledger_of(*EVENTS), archive=archive, trading=TRADING)
    second = write_trade_log(DAY, ledger=ledger_of(*EVENTS), archive=archive, trading=TRADING)

    assert (first.key, first.events, first.written) == ("trade-log/demo/2013-10-07.jsonl", 3, True)
    assert (second.key, second.written) == (first.key, False)
    assert archive.list("") == [first.key]


def test_a_log_that_differs_is_kept_beside_the_first() -> None:
    archive = MemoryArchive()
    first = write_trade_log(DAY, ledger=ledger_of(APPROVED), archive=archive, trading=TRADING)
    original = archive.get(first.key)

    second = write_trade_log(DAY, ledger=ledger_of(*EVENTS), archive=archive, trading=TRADING)
    again = write_trade_log(DAY, ledger=ledger_of(*EVENTS), archive=archive, trading=TRADING)

    assert second.key == "trade-log/demo/2013-10-07.1.jsonl"
    assert (again.key, again.written) == (second.key, False)
    assert archive.get(first.key) == original


def test_a_day_without_events_leaves_an_empty_file() -> None:
    archive = MemoryArchive()

    log = write_trade_log(DAY, ledger=ledger_of(), archive=archive, trading=TRADING)

    assert log.written
    assert archive.get(log.key) == b""
