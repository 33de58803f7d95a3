"""From a business event to a message that the operator reads on a telephone.

Whose money it is and how urgent it is stand first. An event that this code does not know is
delivered all the same: a person can read what a program cannot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import MessageError, PermanentError, RetryableError
from quantterminal.domain.events import BusinessEvent, EventName, Message
from quantterminal.ports.notifier import MAX_BODY, MAX_SUBJECT, Notice, Notifier, Severity
from quantterminal.ports.telemetry import Telemetry

SEVERITIES: dict[EventName, Severity] = {
    EventName.ORDER_SUBMITTED: Severity.INFO,
    EventName.ORDER_FILLED: Severity.INFO,
    EventName.ORDER_CANCELED: Severity.INFO,
    EventName.ORDER_REJECTED: Severity.WARNING,
    EventName.ORDER_DENIED: Severity.INFO,
    EventName.EXTERNAL_ORDER: Severity.WARNING,
    EventName.ACTIVITY_BOOKED: Severity.WARNING,
    EventName.INVARIANT_BROKEN: Severity.CRITICAL,
    EventName.HALT_RAISED: Severity.CRITICAL,
    EventName.HALT_LIFTED: Severity.WARNING,
    EventName.RECONCILE_FAILED: Severity.CRITICAL,
    EventName.BAR_QUARANTINED: Severity.WARNING,
    EventName.MESSAGE_QUARANTINED: Severity.CRITICAL,
    EventName.MESSAGE_GIVEN_UP: Severity.CRITICAL,
    EventName.GAP_FOUND: Severity.WARNING,
    EventName.SESSION_OPENED: Severity.INFO,
    EventName.SESSION_CLOSED: Severity.INFO,
    EventName.REPORT_READY: Severity.INFO,
}


@dataclass(frozen=True, slots=True)
class NotifyRuntime:
    """What the notify function works with.

    `decode` reads a message from its JSON text and raises MessageError when it cannot. `second` is
    the channel for what the first does not take.
    """

    trading: TradingConfig
    notifier: Notifier
    telemetry: Telemetry
    decode: Callable[[str], Message]
    second: Notifier | None = None


def notify(name: str, text: str, *, runtime: NotifyRuntime) -> Notice:
    """Tell the operator about the event of that name whose message is `text`, whatever it is.

    Raises RetryableError when no channel took it: the bus delivers it again. A channel that fails
    is counted, for an alarm that does not go this way.
    """
    mode = runtime.trading.mode
    try:
        notice = _notice_of(runtime.decode(text), mode=mode)
    except MessageError as problem:
        notice = unreadable_notice(name, text, problem=str(problem), mode=mode)
    try:
        runtime.notifier.publish(notice)
    except (RetryableError, PermanentError) as problem:
        runtime.telemetry.record("NotifierFailed", problem=str(problem))
        if runtime.second is None:
            raise
        runtime.second.publish(notice)
    return notice


def event_notice(message: Message, event: BusinessEvent, *, mode: str) -> Notice:
    """The notice of a business event: subject for the telephone, body with everything known."""
    severity = SEVERITIES[event.name]
    facts = {
        "Mode": mode,
        "Account": event.account,
        "Event": event.name,
        "Severity": severity,
        "Market time": message.occurred_at.astimezone(UTC).isoformat(),
        "Correlation": message.correlation_id,
        **event.fields,
    }
    lines = [event.text, "", *(f"{name}: {value}" for name, value in facts.items())]
    return _notice(f"{event.name}: {event.text}", lines, severity=severity, mode=mode)


def unreadable_notice(name: str, text: str, *, problem: str, mode: str) -> Notice:
    """The notice of something that came as an event and could not be read as one."""
    lines = [f"An event {name!r} could not be read: {problem}", "It came as:", "", text]
    return _notice(f"{name}: unreadable event", lines, severity=Severity.WARNING, mode=mode)


def _notice_of(message: Message, *, mode: str) -> Notice:
    if not isinstance(message.payload, BusinessEvent):
        kind = type(message.payload).__name__
        raise MessageError(f"Expected a business event, was {kind}")
    return event_notice(message, message.payload, mode=mode)


def _notice(headline: str, lines: list[str], *, severity: Severity, mode: str) -> Notice:
    subject = _ascii_line(f"[{mode}] {severity} {headline}")
    if len(subject) > MAX_SUBJECT:
        subject = subject[: MAX_SUBJECT - 3].rstrip() + "..."
    return Notice(subject=subject, body="\n".join(lines)[:MAX_BODY], severity=severity, mode=mode)


def _ascii_line(text: str) -> str:
    plain = text.encode("ascii", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in plain).split())
