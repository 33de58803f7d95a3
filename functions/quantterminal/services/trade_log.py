"""The day's trade log: what happened to every intent and order, as JSON Lines, never overwritten.

A log that differs from the one already kept (the ledger learned more since) is kept beside it
under the next number; an equal one changes nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from itertools import count

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.trading_day import trading_day
from quantterminal.ports.archive import Archive
from quantterminal.ports.clock import Clock
from quantterminal.ports.journal import Journal
from quantterminal.ports.report_ledger import TradeEvent, TradeLedger
from quantterminal.ports.telemetry import Telemetry

CONTENT_TYPE = "application/x-ndjson"
# at one instant, in the order in which one causes the other
_KINDS = (
    "intent_approved",
    "intent_denied",
    "order_submitted",
    "cancel_requested",
    "fill",
    "order_status",
)
_RANK = {kind: rank for rank, kind in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True)
class TradeLogRuntime:
    """What the trade log function works with."""

    trading: TradingConfig
    clock: Clock
    ledger: TradeLedger
    archive: Archive
    telemetry: Telemetry
    journal: Journal


@dataclass(frozen=True, slots=True)
class TradeLogLocation:
    """Where the log of the day is; `written` is False when the same one was there already."""

    key: str
    events: int
    written: bool


def write_trade_log(
    day: date, *, ledger: TradeLedger, archive: Archive, trading: TradingConfig
) -> TradeLogLocation:
    """Keep `trade-log/{account}/{day}.jsonl`, or `{day}.{n}.jsonl` (n from 1) beside others.

    A day without events leaves an empty file, so that a missing one is a fault. Raises
    RetryableError when ledger or archive cannot answer now: call it again.
    """
    events = ledger.trade_events(trading.account, trading_day(day))
    body = trade_log_lines(events, account=trading.account, mode=trading.mode)
    base = f"trade-log/{trading.account}/{day.isoformat()}"
    for number in count():
        key = f"{base}.{number}.jsonl" if number else f"{base}.jsonl"
        if archive.put_once(key, body, CONTENT_TYPE):
            return TradeLogLocation(key, len(events), written=True)
        if archive.get(key) == body:
            return TradeLogLocation(key, len(events), written=False)
    raise AssertionError("count() does not end")


def trade_log_lines(events: Iterable[TradeEvent], *, account: str, mode: str) -> bytes:
    """One JSON object a line, oldest first; the same events in any order give the same bytes."""
    lines = [
        json.dumps(_fields(event, account=account, mode=mode), ensure_ascii=False)
        for event in sorted(events, key=_place)
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _place(event: TradeEvent) -> tuple[object, ...]:
    return (
        event.at,
        _RANK[event.kind],
        event.client_order_id,
        event.filled,
        event.intent_id,
        event.reference,
    )


def _fields(event: TradeEvent, *, account: str, mode: str) -> dict[str, str]:
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "at": at.replace("+00:00", "Z"),
        "event": event.kind,
        "account": account,
        "mode": mode,
        "strategy": event.strategy,
        "symbol": event.symbol,
        "side": event.side,
        "quantity": format(event.quantity, "f"),
        "price": format(event.price, "f"),
        "filled": format(event.filled, "f"),
        "status": event.status,
        "reason": event.reason,
        "client_order_id": event.client_order_id,
        "intent_id": event.intent_id,
        "correlation_id": event.correlation_id,
        "reference": event.reference,
    }
