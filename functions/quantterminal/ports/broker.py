"""The broker, in the words of the use cases. Its books are the final truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from quantterminal.domain.activities import Activity
from quantterminal.domain.orders import Execution, OrderUpdate
from quantterminal.domain.signals import Side


class Refusal(StrEnum):
    """Why the broker refused an order, where something follows from it; see OrderRejectedError."""

    DUPLICATE = "DUPLICATE_CLIENT_ORDER_ID"
    UNKNOWN = "UNKNOWN_REJECTION"
    UNAUTHORIZED = "UNAUTHORIZED"
    NOT_TRADABLE = "NOT_TRADABLE"
    WASH_TRADE = "WASH_TRADE"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A limit order, good till canceled, whole shares."""

    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal


@dataclass(frozen=True, slots=True)
class BrokerFill:
    """One row of the broker's authoritative list of fills."""

    broker_order_id: str
    symbol: str
    side: Side
    execution: Execution


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """Dollars as the broker counts them."""

    cash: Decimal
    equity: Decimal
    buying_power: Decimal


class OrderGateway(Protocol):
    """The order path. Every call has a time-out; only reads are repeated (3 tries)."""

    def submit(self, order: NewOrder) -> OrderUpdate:
        """Send once. Raises OrderRejectedError when the broker proves that it refused,
        RetryableError when nothing can have been sent, AmbiguousError when nobody knows.
        """
        ...

    def find(self, client_order_id: str) -> OrderUpdate | None:
        """The broker's order of that id, None when the broker does not know it."""
        ...

    def cancel(self, broker_order_id: str) -> None:
        """Ask for a cancel; an order that cannot be canceled any more is no error."""
        ...


class BrokerBooks(Protocol):
    """What the broker has recorded. Lists are complete: every page is read."""

    def open_orders(self) -> Sequence[OrderUpdate]: ...

    def orders_since(self, after: datetime) -> Iterable[OrderUpdate]:
        """All orders (open or not) submitted after that instant, oldest first."""
        ...

    def fills_since(self, after: datetime) -> Iterable[BrokerFill]:
        """All fills after that instant, oldest first."""
        ...

    def activities_since(self, after: datetime) -> Iterable[Activity]:
        """What moved cash or shares without being a trade, from that day on, oldest first."""
        ...

    def positions(self) -> dict[str, Decimal]:
        """Signed shares by symbol; absent means zero."""
        ...

    def account(self) -> BrokerAccount: ...

    def time(self) -> datetime:
        """The broker's clock, aware UTC."""
        ...


class BrokerCalendar(Protocol):
    def session_hours(self, day: date) -> tuple[datetime, datetime] | None:
        """Open and close (aware UTC) of the regular session, None when closed."""
        ...
