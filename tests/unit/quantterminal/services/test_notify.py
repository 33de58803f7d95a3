from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.memory.notifier import MemoryNotifier
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import InvalidValueError, MessageError, RetryableError
from quantterminal.domain.events import (
    BusinessEvent,
    CancelOrders,
    EventName,
    Message,
    Payload,
)
from quantterminal.ports.notifier import Notice, Severity
from quantterminal.services.notify import (
    SEVERITIES,
    NotifyRuntime,
    event_notice,
    notify,
    unreadable_notice,
)
from tests.unit.quantterminal.services.sample_day import TRADING

NOON = datetime(2013, 10, 7, 16, tzinfo=UTC)
HALT = BusinessEvent(
    "demo",
    EventName.HALT_RAISED,
    "equity 8400.00 is 16.00 % below the high-water mark",
    {"code": "DRAWDOWN", "scope": "account"},
)


def message_of(payload: Payload) -> Message:
    return Message("id-1", "correlation-1", "cause-1", NOON, payload)


def runtime_with(decode: Callable[[str], Message], notifier: MemoryNotifier) -> NotifyRuntime:
    return NotifyRuntime(TRADING, notifier, MemoryTelemetry(), decode)


def test_every_event_has_a_severity() -> None:
    assert set(SEVERITIES) == set(EventName)


def test_a_halt_reaches_the_operator_with_mode_and_severity_first() -> None:
    notifier = MemoryNotifier()

    notify("HaltRaised", "{}", runtime=runtime_with(lambda _: message_of(HALT), notifier))

    (notice,) = notifier.notices
    assert notice.subject.startswith("[SIMULATED] CRITICAL HaltRaised: equity 8400.00")
    assert notice.severity is Severity.CRITICAL
    assert "code: DRAWDOWN" in notice.body
    assert "Account: demo" in notice.body
    assert "Correlation: correlation-1" in notice.body


def test_an_event_that_cannot_be_read_is_delivered_as_it_came() -> None:
    def refuse(_: str) -> Message:
        raise MessageError("unknown name 'Eclipse'")

    notifier = MemoryNotifier()
    notify("Eclipse", '{"sun": "gone"}', runtime=runtime_with(refuse, notifier))

    (notice,) = notifier.notices
    assert notice.severity is Severity.WARNING
    assert "Eclipse" in notice.subject
    assert '{"sun": "gone"}' in notice.body
    assert "unknown name" in notice.body


def test_a_message_that_is_no_event_is_delivered_as_it_came() -> None:
    notifier = MemoryNotifier()
    command = message_of(CancelOrders("demo", reason="close"))

    notify("CancelOrders", "raw text", runtime=runtime_with(lambda _: command, notifier))

    assert "raw text" in notifier.notices[0].body


@given(st.text(), st.dictionaries(st.text(), st.text()), st.sampled_from(EventName))
def test_any_text_makes_a_notice_that_the_channel_takes(
    text: str, fields: dict[str, str], name: EventName
) -> None:
    event = BusinessEvent("demo", name, text, fields)

    notice = event_notice(message_of(event), event, mode="LIVE")

    assert len(notice.subject) <= 100
    assert notice.subject.isascii()
    assert notice.subject.startswith("[LIVE] ")


@given(st.text(), st.text())
def test_any_unreadable_event_makes_a_notice(name: str, raw: str) -> None:
    assert unreadable_notice(name, raw, problem="broken", mode="PAPER").body.endswith(raw)


def test_long_texts_are_cut_to_what_the_channel_takes() -> None:
    event = BusinessEvent("demo", EventName.MESSAGE_QUARANTINED, "x" * 100_000)

    notice = event_notice(message_of(event), event, mode="PAPER")

    assert (len(notice.subject), len(notice.body)) == (100, 60_000)
    assert notice.subject.endswith("...")


@pytest.mark.parametrize(
    "subject", ["", " x", "x" * 101, "two\nlines", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"]
)
def test_a_subject_that_no_channel_takes_cannot_be_made(subject: str) -> None:
    with pytest.raises(InvalidValueError, match="subject"):
        Notice(subject, "body", Severity.INFO, "PAPER")


class Failing(MemoryNotifier):
    """Takes nothing."""

    def publish(self, notice: Notice) -> None:
        raise RetryableError(f"Not now: {notice.subject}")


def test_f45_what_the_first_channel_does_not_take_goes_to_the_second() -> None:
    second, telemetry = MemoryNotifier(), MemoryTelemetry()
    runtime = NotifyRuntime(TRADING, Failing(), telemetry, lambda _: message_of(HALT), second)

    notice = notify("HaltRaised", "{}", runtime=runtime)

    assert second.notices == [notice]
    assert len(telemetry.named("NotifierFailed")) == 1


def test_f45_without_a_second_channel_the_event_comes_again_and_is_counted() -> None:
    telemetry = MemoryTelemetry()
    runtime = NotifyRuntime(TRADING, Failing(), telemetry, lambda _: message_of(HALT))

    with pytest.raises(RetryableError):
        notify("HaltRaised", "{}", runtime=runtime)

    assert len(telemetry.named("NotifierFailed")) == 1
