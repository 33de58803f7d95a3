"""The journal read by other eyes: its chain recomputed, and the books that its rows alone give.

Nothing of the product is called: digests are SHA-256 over JSON that is written here, and the books
are plain sums.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

_ZERO = Decimal(0)
_FIRST = "0" * 64


@dataclass(slots=True)
class Told:
    """What the rows add up to."""

    cash: Decimal = _ZERO
    held: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    orders: dict[str, tuple[str, Decimal, Decimal]] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)


def broken_links(rows: Sequence[Any]) -> Iterator[str]:
    """Each row whose place or digest is not what its content and the row before it make of it."""
    previous = _FIRST
    for place, row in enumerate(rows, start=1):
        entry = row.entry
        content = [
            previous,
            place,
            entry.account,
            entry.at.isoformat(timespec="microseconds"),
            entry.kind,
            entry.ref,
            entry.correlation_id,
            entry.payload,
        ]
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        if (row.position, row.previous, row.digest) != (place, previous, digest):
            yield f"row {place} of the journal ({entry.kind} {entry.ref}) breaks the chain"
        previous = row.digest


def told(rows: Sequence[Any]) -> Told:
    """The books that the rows lead to, in their order."""
    books = Told()
    for entry in (row.entry for row in rows):
        payload = entry.payload
        if entry.kind == "account":
            books.cash += Decimal(payload["cash"])
        elif entry.kind == "fill":
            quantity = Decimal(payload["quantity"]) * (1 if payload["side"] == "buy" else -1)
            books.cash -= quantity * Decimal(payload["price"])
            key = (payload["strategy"], payload["symbol"])
            books.held[key] = books.held.get(key, _ZERO) + quantity
        elif entry.kind == "activities":
            books.cash += sum((Decimal(each["cash"]) for each in payload["activities"]), _ZERO)
        elif entry.kind in ("order", "intent.approved"):
            filled, booked = payload["filled_quantity"], payload["booked_quantity"]
            name = payload["client_order_id"]
            books.orders[name] = (payload["status"], Decimal(filled), Decimal(booked))
        elif entry.kind == "halt":
            books.levels[entry.ref] = payload["level"]
    return books
