"""Domain values for the tests of ledger and working state, with as few words as possible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from quantterminal.domain.orders import Execution, OrderEvent, OrderStatus, OrderUpdate
from quantterminal.domain.risk import DenialCode, Origin
from quantterminal.domain.signals import Action, Side, Signal, client_order_id, intent_id
from quantterminal.ports.ledger import IntentRecord

OPEN = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return OPEN + timedelta(seconds=seconds)


def signal(symbol: str = "SPY", *, ordinal: int = 0, action: Action = Action.BUY) -> Signal:
    return Signal("momentum", "1", symbol, OPEN, ordinal, action, 10, 100.0, "test")


def intent(
    account: str, symbol: str = "SPY", *, side: Side = Side.BUY, attempt: int = 0, ordinal: int = 0
) -> IntentRecord:
    cause = signal(symbol, ordinal=ordinal)
    name = intent_id(cause, attempt)
    return IntentRecord(
        id=name,
        account=account,
        signal_id=cause.id,
        attempt=attempt,
        client_order_id=client_order_id(account, name, signal=cause, side=side),
        strategy=cause.strategy,
        symbol=symbol,
        side=side,
        quantity=Decimal(10),
        limit_price=Decimal("100.05"),
        reference_price=Decimal(100),
        origin=Origin.STRATEGY,
        bar_end=at(60),
        valid_until=at(121),
        correlation_id="bars:1",
        at=at(61),
    )


def denied(record: IntentRecord) -> IntentRecord:
    return replace(record, denial_code=DenialCode.WASH_TRADE, denial_text="not now")


def update(
    record: IntentRecord,
    event: OrderEvent,
    seconds: float,
    *,
    status: OrderStatus = OrderStatus.NEW,
    filled: int = 0,
    execution: Execution | None = None,
) -> OrderUpdate:
    return OrderUpdate(
        client_order_id=record.client_order_id,
        broker_order_id=f"broker:{record.client_order_id}",
        event=event,
        status=status,
        symbol=record.symbol,
        side=record.side,
        quantity=record.quantity,
        limit_price=record.limit_price,
        filled_quantity=Decimal(filled),
        filled_average_price=None,
        at=at(seconds),
        execution=execution,
    )


def fill(
    record: IntentRecord, quantity: int, price: str, *, cumulative: int, seconds: float
) -> OrderUpdate:
    """The stream's word on one fill; the last one of ten shares ends the order."""
    done = cumulative == record.quantity
    execution = Execution(
        f"{record.client_order_id}:{cumulative}",
        Decimal(quantity),
        Decimal(price),
        Decimal(cumulative),
        at(seconds),
    )
    return update(
        record,
        OrderEvent.FILL if done else OrderEvent.PARTIAL_FILL,
        seconds,
        status=OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED,
        filled=cumulative,
        execution=execution,
    )
