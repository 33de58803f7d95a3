"""Between rows and domain values."""

from typing import Any

from quantterminal.adapters.postgres.database import Row
from quantterminal.domain.halts import Halt, HaltCode
from quantterminal.domain.orders import Order, OrderStatus
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import DenialCode, HaltLevel, Origin
from quantterminal.domain.signals import Action, Side, Signal
from quantterminal.ports.ledger import AccountRecord, IntentRecord

ORDER_COLUMNS = (
    "client_order_id", "intent_id", "account", "strategy", "symbol", "side", "quantity",
    "limit_price", "status", "status_at", "filled_quantity", "broker_order_id", "submitted_at",
    "cancel_requested_at", "cancel_reason", "reason", "attempts", "latency_us", "version",
    "booked_quantity", "replaces", "replaced_by",
)  # fmt: skip
INTENT_COLUMNS = (
    "id", "account", "signal_id", "attempt", "client_order_id", "strategy", "symbol", "side",
    "quantity", "limit_price", "reference_price", "origin", "bar_end", "valid_until",
    "correlation_id", "at", "denial_code", "denial_text", "release",
)  # fmt: skip
SIGNAL_COLUMNS = (
    "strategy", "version", "symbol", "bar_start", "ordinal", "action", "quantity",
    "reference_price", "reason",
)  # fmt: skip


def columns(names: tuple[str, ...], *, of: str = "") -> str:
    prefix = f"{of}." if of else ""
    return ", ".join(prefix + name for name in names)


def placeholders(names: tuple[str, ...]) -> str:
    return ", ".join(f"%({name})s" for name in names)


def order(row: Row) -> Order:
    values = {name: row[name] for name in ORDER_COLUMNS}
    values["side"] = Side(row["side"])
    values["status"] = OrderStatus(row["status"])
    values["intent_id"] = row["intent_id"] or ""
    return Order(**values)


def order_row(each: Order) -> Row:
    values: dict[str, Any] = {name: getattr(each, name) for name in ORDER_COLUMNS}
    values["intent_id"] = each.intent_id or None
    return values


def intent(row: Row) -> IntentRecord:
    values = {name: row[name] for name in INTENT_COLUMNS}
    values["side"] = Side(row["side"])
    values["origin"] = Origin(row["origin"])
    code = row["denial_code"]
    values["denial_code"] = None if code is None else DenialCode(code)
    values["denial_text"] = row["denial_text"] or ""
    return IntentRecord(**values)


def intent_row(each: IntentRecord) -> Row:
    values: dict[str, Any] = {name: getattr(each, name) for name in INTENT_COLUMNS}
    values["denial_text"] = each.denial_text or None
    return values


def signal(row: Row) -> Signal:
    values = {name: row[name] for name in SIGNAL_COLUMNS}
    values["action"] = Action(row["action"])
    return Signal(**values)


def position(row: Row) -> Position:
    return Position(
        symbol=row["symbol"],
        quantity=row["quantity"],
        cost=row["cost"],
        realized_pnl=row["realized_pnl"],
        version=row["version"],
    )


def halt(row: Row) -> Halt:
    return Halt(
        scope=row["scope"],
        level=HaltLevel(row["level"]),
        code=HaltCode(row["code"]),
        reason=row["reason"],
        actor=row["actor"],
        at=row["at"],
        epoch=row["epoch"],
    )


def account(row: Row) -> AccountRecord:
    return AccountRecord(**{name: row[name] for name in AccountRecord.__dataclass_fields__})
