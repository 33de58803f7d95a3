"""A broker whose books are a few dictionaries, for tests: it does what it is told, and no more.

Orders rest until `fill` or `finish_cancel` is called. What the stream would have told is
in `stream`; a test hands it on, twice, out of order or not at all.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from quantterminal.domain.activities import Activity
from quantterminal.domain.errors import AmbiguousError, OrderRejectedError, RetryableError
from quantterminal.domain.orders import Execution, OrderEvent, OrderStatus, OrderUpdate
from quantterminal.domain.positions import cash_change
from quantterminal.domain.signals import Side
from quantterminal.ports.broker import BrokerAccount, BrokerFill, NewOrder
from quantterminal.ports.clock import Clock

_ZERO = Decimal(0)


class Fault(StrEnum):
    """How a submit may go wrong."""

    TIMEOUT_BEFORE = "nobody knows, and it never arrived"
    TIMEOUT_AFTER = "nobody knows, and it arrived"
    TIMEOUT_LATE = "nobody knows, and it arrives when the test says so"
    NOT_SENT = "proved not to have left"
    REJECT = "refused"


class MemoryBroker:
    """Satisfies `ports.broker.OrderGateway` and `BrokerBooks`.

    `faults` are those of the coming submits, in order; afterwards each is accepted; `refusal` is
    the code of a REJECT. `posts` and `cancels` keep every request that reached it. While `is_down`,
    nothing is answered. While `shown` is set, it is what account and positions claim; its clock is
    `ahead` of the market's.
    """

    def __init__(self, clock: Clock, *, cash: Decimal) -> None:
        self.is_down = False
        self.faults: deque[Fault] = deque()
        self.refusal = "INSUFFICIENT_BUYING_POWER"
        self.posts: list[NewOrder] = []
        self.cancels: list[str] = []
        self.stream: list[OrderUpdate] = []
        self._clock = clock
        self._cash = cash
        self._orders: dict[str, OrderUpdate] = {}
        self._submitted: dict[str, datetime] = {}
        self._fills: list[BrokerFill] = []
        self._late: list[NewOrder] = []
        self._given: dict[str, Decimal] = {}
        self.activities: list[Activity] = []
        self.shown: tuple[BrokerAccount, dict[str, Decimal]] | None = None
        self.ahead = timedelta(0)

    def submit(self, order: NewOrder) -> OrderUpdate:
        fault = self.faults.popleft() if self.faults else None
        if fault is Fault.NOT_SENT:
            raise RetryableError("No connection to the broker")
        self.posts.append(order)
        if fault is Fault.REJECT:
            raise OrderRejectedError("insufficient buying power", code=self.refusal)
        if fault is Fault.TIMEOUT_LATE:
            self._late.append(order)
        elif fault is not Fault.TIMEOUT_BEFORE:
            self._accept(order)
        if fault is not None:
            raise AmbiguousError(f"Submit of {order.client_order_id} timed out")
        return self._orders[order.client_order_id]

    def find(self, client_order_id: str) -> OrderUpdate | None:
        self._need_to_be_up()
        return self._orders.get(client_order_id)

    def cancel(self, broker_order_id: str) -> None:
        self._need_to_be_up()
        self.cancels.append(broker_order_id)

    def open_orders(self) -> Sequence[OrderUpdate]:
        self._need_to_be_up()
        return [each for each in self._orders.values() if each.status.is_working]

    def orders_since(self, after: datetime) -> Sequence[OrderUpdate]:
        self._need_to_be_up()
        return [each for name, each in self._orders.items() if self._submitted[name] > after]

    def fills_since(self, after: datetime) -> Sequence[BrokerFill]:
        self._need_to_be_up()
        return [each for each in self._fills if each.execution.at > after]

    def activities_since(self, after: datetime) -> Sequence[Activity]:
        self._need_to_be_up()
        return [each for each in self.activities if each.at > after]

    def time(self) -> datetime:
        self._need_to_be_up()
        return self._clock.now() + self.ahead

    def positions(self) -> dict[str, Decimal]:
        self._need_to_be_up()
        if self.shown is not None:
            return self.shown[1]
        held: dict[str, Decimal] = dict(self._given)
        for fill in self._fills:
            signed = fill.side.sign * fill.execution.quantity
            held[fill.symbol] = held.get(fill.symbol, _ZERO) + signed
        return {symbol: quantity for symbol, quantity in held.items() if quantity}

    def account(self) -> BrokerAccount:
        self._need_to_be_up()
        if self.shown is not None:
            return self.shown[0]
        return BrokerAccount(self._cash, self._cash, self._cash)

    def act(self, activity: Activity) -> None:
        """Something that is no trade happens: it is on the list, and in cash and positions."""
        self.activities.append(activity)
        self._cash += activity.cash
        if activity.shares:
            held = self._given.get(activity.symbol, _ZERO)
            self._given[activity.symbol] = held + activity.shares

    def arrive(self) -> None:
        """The late orders reach the broker now."""
        for order in self._late:
            self._accept(order)
        self._late.clear()

    def fill(self, client_order_id: str, quantity: int, price: str) -> OrderUpdate:
        """Fill shares of an order, working or just ended; what the stream tells about it."""
        order = self._orders[client_order_id]
        filled = order.filled_quantity + quantity
        execution = Execution(
            execution_id=f"execution-{len(self._fills) + 1}",
            quantity=Decimal(quantity),
            price=Decimal(price),
            cumulative=filled,
            at=self._clock.now(),
        )
        self._fills.append(BrokerFill(order.broker_order_id, order.symbol, order.side, execution))
        self._cash += cash_change(order.side, quantity=execution.quantity, price=execution.price)
        done = filled == order.quantity
        status = OrderStatus.FILLED if done else OrderStatus.PARTIALLY_FILLED
        return self._tell(
            replace(
                order,
                event=OrderEvent.FILL if done else OrderEvent.PARTIAL_FILL,
                status=status if order.status.is_working else order.status,
                filled_quantity=filled,
                execution=execution,
            )
        )

    def finish_cancel(self, client_order_id: str) -> OrderUpdate:
        """The cancel takes effect; what the stream tells about it."""
        order = self._orders[client_order_id]
        return self._tell(replace(order, event=OrderEvent.CANCELED, status=OrderStatus.CANCELED))

    def order_by_hand(self, symbol: str, side: Side, quantity: int, price: str) -> OrderUpdate:
        """A person orders in the broker's own application."""
        name = f"by-hand-{len(self._orders) + 1}"
        self._accept(NewOrder(name, symbol, side, Decimal(quantity), Decimal(price)))
        return self._orders[name]

    def give(self, symbol: str, side: Side, quantity: int, price: str) -> None:
        """Shares that come or go without any order, a corporate action for example."""
        execution = Execution(
            execution_id=f"execution-{len(self._fills) + 1}",
            quantity=Decimal(quantity),
            price=Decimal(price),
            cumulative=Decimal(quantity),
            at=self._clock.now(),
        )
        self._fills.append(BrokerFill("no order of ours", symbol, side, execution))

    def _accept(self, order: NewOrder) -> None:
        """An id that is taken already is adopted, as the adapter of the real broker does."""
        if order.client_order_id in self._orders:
            return
        accepted = OrderUpdate(
            client_order_id=order.client_order_id,
            broker_order_id=f"broker-{len(self._orders) + 1}",
            event=OrderEvent.SNAPSHOT,
            status=OrderStatus.NEW,
            symbol=order.symbol,
            side=order.side,
            quantity=order.quantity,
            limit_price=order.limit_price,
            filled_quantity=_ZERO,
            filled_average_price=None,
            at=self._clock.now(),
        )
        self._submitted[order.client_order_id] = self._clock.now()
        self._orders[order.client_order_id] = accepted
        self.stream.append(replace(accepted, event=OrderEvent.NEW))

    def _tell(self, update: OrderUpdate) -> OrderUpdate:
        told = replace(update, at=self._clock.now())
        self._orders[told.client_order_id] = replace(
            told, event=OrderEvent.SNAPSHOT, execution=None
        )
        self.stream.append(told)
        return told

    def _need_to_be_up(self) -> None:
        if self.is_down:
            raise RetryableError("The broker is down")
