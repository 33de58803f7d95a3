"""What must hold at the end of a disturbed run, judged by the broker's own rows and the ledger's.

It shares no code with what it judges.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.soak.doors import Doors

Row = Mapping[str, Any]

_TABLES = {
    "signals": "select * from signals",
    "intents": "select i.*, s.bar_start from intents i join signals s on s.id = i.signal_id",
    "orders": "select * from orders",
    "fills": "select * from fills",
    "bars": "select symbol, start from bars where revision = 0 order by start",
    "snapshots": "select strategy, symbol, state::jsonb as state from snapshots",
    "journal": "select seq, kind, ref, payload from journal order by seq",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """Broker and ledger, read from outside. `cash` and `positions` are the broker's."""

    cash: Decimal
    positions: Mapping[str, Decimal]
    broker_orders: Sequence[Row]
    broker_fills: Sequence[Row]
    ledger: Mapping[str, Sequence[Row]]
    depths: Mapping[str, int]


def take_picture(doors: Doors) -> Picture:
    state = doors.market.get("/state")["broker"]
    with doors.ledger() as connection:
        ledger = {name: connection.execute(text).fetchall() for name, text in _TABLES.items()}
    return Picture(
        cash=Decimal(state["cash"]),
        positions={name: Decimal(qty) for name, qty in state["positions"].items() if Decimal(qty)},
        broker_orders=doors.broker_orders(),
        broker_fills=doors.broker_fills(),
        ledger=ledger,
        depths=doors.depths(),
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Journal numbers between which only reducing orders may have left: from the acknowledgement
    of a halt to the moment before its end was asked for.
    """

    after: int
    until: int


def violations(
    picture: Picture,
    *,
    cash: Decimal,
    strategies: Mapping[str, Sequence[str]],
    spans: Sequence[Span],
) -> list[str]:
    """Everything that does not hold, each in one sentence. `cash` is what the account began with,
    `strategies` those that list the bars they saw, with their symbols.
    """
    return [
        *_orders_once(picture),
        *_fills_once(picture),
        *_sums(picture, cash),
        *_bars_once(picture, strategies),
        *_halts_obeyed(picture, spans),
        *(f"{depth} message(s) are left on {name}" for name, depth in picture.depths.items()),
    ]


def _orders_once(picture: Picture) -> Iterator[str]:
    intents = {row["client_order_id"]: row for row in picture.ledger["intents"]}
    names = Counter(row["client_order_id"] for row in picture.broker_orders)
    yield from (f"{name} is {count} orders" for name, count in names.items() if count > 1)
    decisions: Counter[tuple[Any, ...]] = Counter()
    for name in names:
        intent = intents.get(name)
        if intent is None or intent["status"] != "approved":
            yield f"{name} left without an approved intent"
            continue
        # an operator's flatten is a decision of its own, about the same bar perhaps
        decisions[
            intent["origin"],
            intent["strategy"],
            intent["bar_start"],
            intent["symbol"],
            intent["side"],
            intent["attempt"],
        ] += 1
    yield from (
        f"{decision} became {count} orders" for decision, count in decisions.items() if count > 1
    )


def _fills_once(picture: Picture) -> Iterator[str]:
    orders = {row["id"]: row["client_order_id"] for row in picture.broker_orders}
    theirs = Counter(
        (
            orders.get(row["order_id"]),
            Decimal(row["qty"]),
            Decimal(row["price"]),
            Decimal(row["cum_qty"]),
        )
        for row in picture.broker_fills
    )
    ours = Counter(
        (row["client_order_id"], row["quantity"], row["price"], row["cumulative"])
        for row in picture.ledger["fills"]
    )
    yield from (f"the ledger misses the fill {each}" for each in theirs - ours)
    yield from (f"the ledger invented the fill {each}" for each in ours - theirs)


def _sums(picture: Picture, cash: Decimal) -> Iterator[str]:
    held: Counter[str] = Counter()
    for row in picture.ledger["fills"]:
        sign = 1 if row["side"] == "buy" else -1
        cash -= sign * row["quantity"] * row["price"]
        held[row["symbol"]] += sign * row["quantity"]
    ours = {symbol: quantity for symbol, quantity in held.items() if quantity}
    if ours != picture.positions:
        yield f"the fills sum up to {ours}, the broker holds {dict(picture.positions)}"
    if cash != picture.cash:
        yield f"the fills leave {cash} of the cash, the broker has {picture.cash}"


def _bars_once(picture: Picture, strategies: Mapping[str, Sequence[str]]) -> Iterator[str]:
    bars: dict[str, list[str]] = {}
    for row in picture.ledger["bars"]:
        bars.setdefault(row["symbol"], []).append(row["start"].isoformat())
    seen = {
        (row["strategy"], row["symbol"]): row["state"]["strategy"]["attributes"]["seen"]
        for row in picture.ledger["snapshots"]
        if row["strategy"] in strategies
    }
    for strategy, symbols in strategies.items():
        for symbol in symbols:
            shown, stored = seen.get((strategy, symbol), []), bars.get(symbol, [])
            if shown != stored:
                missed = sorted(set(stored) - set(shown))
                more = sorted((Counter(shown) - Counter(stored)).elements())
                yield (
                    f"{strategy} saw {len(shown)} bars of {symbol}, stored are {len(stored)}:"
                    f" missed {missed}, too many {more}, in order {shown == sorted(shown)}"
                )


def _halts_obeyed(picture: Picture, spans: Sequence[Span]) -> Iterator[str]:
    """Replays the journal: an order that was sent inside a span must have reduced its position."""
    orders = {row["client_order_id"]: row for row in picture.ledger["orders"]}
    held: Counter[tuple[str, str]] = Counter()
    for row in picture.ledger["journal"]:
        payload = row["payload"]
        if row["kind"] == "fill":
            sign = 1 if payload["side"] == "buy" else -1
            held[payload["strategy"], payload["symbol"]] += sign * Decimal(payload["quantity"])
        if row["kind"] != "order" or payload["note"] != "submit":
            continue
        if not any(span.after < row["seq"] <= span.until for span in spans):
            continue
        order = orders[row["ref"]]
        sign = 1 if order["side"] == "buy" else -1
        before = held[order["strategy"], order["symbol"]]
        if before * sign >= 0 or order["quantity"] > abs(before):
            yield f"{row['ref']} left under a halt and did not reduce {before} {order['symbol']}"
