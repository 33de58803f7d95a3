"""The three sets of books of a run, read for comparison: ledger, cache and broker.

`compare` says in words what differs; nothing here decides what is to be done about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg

from local.json_http import RemoteError

_CENT = Decimal("0.01")
# Final in the ledger without ever having been in the books of the broker.
_NEVER_AT_BROKER = frozenset({"denied", "abandoned", "rejected"})


@dataclass(frozen=True, slots=True)
class OrderState:
    status: str
    filled: Decimal


@dataclass(frozen=True, slots=True)
class Books:
    """Cash in dollars, signed shares by symbol without zeros, orders by client order id.

    `orders` is None where a set of books holds none.
    """

    cash: Decimal
    positions: Mapping[str, Decimal]
    orders: Mapping[str, OrderState] | None = field(default=None)


def ledger_books(connection: "psycopg.Connection[Any]", account: str) -> Books:
    with connection.transaction():
        cash = connection.execute(
            "select cash from accounts where account = %s", (account,)
        ).fetchone()
        positions = connection.execute(
            "select symbol, sum(quantity) from positions where account = %s"
            " group by symbol having sum(quantity) <> 0 order by symbol",
            (account,),
        ).fetchall()
        orders = ledger_orders(connection, account)
    if cash is None:
        raise LookupError(f"Expected the account {account!r} in the ledger, found none")
    return Books(cash[0], dict(positions), orders)


class LedgerOrders:
    """The orders of one account, read over a connection that is made again when it broke."""

    def __init__(self, url: str, account: str) -> None:
        self._url = url
        self._account = account
        self._connection: psycopg.Connection[Any] | None = None

    def __call__(self) -> dict[str, OrderState]:
        """Raises RemoteError while the ledger is away."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=2)
            return ledger_orders(self._connection, self._account)
        except psycopg.OperationalError as problem:
            raise RemoteError(f"ledger: {problem}") from problem

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def ledger_orders(connection: "psycopg.Connection[Any]", account: str) -> dict[str, OrderState]:
    rows = connection.execute(
        "select client_order_id, status, filled_quantity from orders where account = %s",
        (account,),
    ).fetchall()
    return {name: OrderState(status, filled) for name, status, filled in rows}


def broker_books(state: Mapping[str, Any]) -> Books:
    """From the local market's `GET /state`."""
    broker = state["broker"]
    positions = {symbol: Decimal(quantity) for symbol, quantity in broker["positions"].items()}
    return Books(
        Decimal(broker["cash"]),
        {symbol: quantity for symbol, quantity in positions.items() if quantity},
        broker_orders(state),
    )


def broker_orders(state: Mapping[str, Any]) -> dict[str, OrderState]:
    return {
        name: OrderState(status, Decimal(filled))
        for name, status, filled in state["broker"]["orders"]
    }


def cache_books(found: Mapping[str, Any]) -> Books | None:
    """From `bootstrap.inspect_cache()`; None when the working state is absent."""
    if found["cash"] is None:
        return None
    positions = {symbol: Decimal(quantity) for symbol, quantity in found["positions"].items()}
    return Books(
        Decimal(found["cash"]),
        {symbol: quantity for symbol, quantity in positions.items() if quantity},
    )


def compare(left: Books, right: Books, *, names: tuple[str, str]) -> list[str]:
    """Each difference in one phrase: cash to the cent, positions to the share, orders."""
    found = []
    if left.cash.quantize(_CENT) != right.cash.quantize(_CENT):
        found.append(
            f"cash is {left.cash:.2f} in the {names[0]}, {right.cash:.2f} in the {names[1]}"
        )
    for symbol in sorted({*left.positions, *right.positions}):
        here, there = (each.positions.get(symbol, Decimal(0)) for each in (left, right))
        if here != there:
            found.append(f"{symbol} is {here} in the {names[0]}, {there} in the {names[1]}")
    if left.orders is not None and right.orders is not None:
        found += compare_orders(left.orders, right.orders)
    return found


def compare_orders(ledger: Mapping[str, OrderState], broker: Mapping[str, OrderState]) -> list[str]:
    """Orders that the ledger and the broker see differently, each in one phrase."""
    found = []
    for name in sorted({*ledger, *broker}):
        here, there = ledger.get(name), broker.get(name)
        if here == there:
            continue
        if there is None and here is not None and _may_be_ours_alone(here):
            continue
        found.append(f"order {name} is {_said(here)} in the ledger, {_said(there)} at the broker")
    return found


def _may_be_ours_alone(order: OrderState) -> bool:
    return order.status in _NEVER_AT_BROKER and not order.filled


def _said(order: OrderState | None) -> str:
    return "unknown" if order is None else f"{order.status} with {order.filled} filled"
