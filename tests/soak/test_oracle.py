"""The judge of the disturbed runs sees each kind of disagreement."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.soak.oracle import Picture, Span, violations

BAR = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
CASH = Decimal(1000)
NAMES = ("buy", "close")
Change = Callable[[Picture], Picture]


def intent(name: str, side: str) -> dict[str, Any]:
    return {
        "client_order_id": name,
        "status": "approved",
        "origin": "strategy",
        "strategy": "busy",
        "bar_start": BAR,
        "symbol": "ALDR",
        "side": side,
        "attempt": 0,
    }


def fill(name: str, side: str, quantity: int) -> dict[str, Any]:
    return {
        "client_order_id": name,
        "symbol": "ALDR",
        "side": side,
        "quantity": Decimal(quantity),
        "price": Decimal("10.5"),
        "cumulative": Decimal(quantity),
    }


def journaled(seq: int, kind: str, ref: str, **payload: str) -> dict[str, Any]:
    return {"seq": seq, "kind": kind, "ref": ref, "payload": payload}


def good() -> Picture:
    """Ten shares bought on one bar, four of them sold under a halt."""
    trade = {"strategy": "busy", "symbol": "ALDR"}
    return Picture(
        cash=Decimal(937),
        positions={"ALDR": Decimal(6)},
        broker_orders=[{"id": f"broker-{name}", "client_order_id": name} for name in NAMES],
        broker_fills=[
            {"order_id": f"broker-{name}", "qty": qty, "price": "10.5", "cum_qty": qty}
            for name, qty in (("buy", "10"), ("close", "4"))
        ],
        ledger={
            "signals": [],
            "intents": [intent("buy", "buy"), intent("close", "sell")],
            "orders": [
                trade | {"client_order_id": "buy", "side": "buy", "quantity": Decimal(10)},
                trade | {"client_order_id": "close", "side": "sell", "quantity": Decimal(4)},
            ],
            "fills": [fill("buy", "buy", 10), fill("close", "sell", 4)],
            "bars": [{"symbol": "ALDR", "start": BAR}],
            "snapshots": [
                {
                    "strategy": "busy",
                    "symbol": "ALDR",
                    "state": {"strategy": {"attributes": {"seen": [BAR.isoformat()]}}},
                }
            ],
            "journal": [
                journaled(1, "order", "buy", note="submit"),
                journaled(
                    2, "fill", "x", strategy="busy", symbol="ALDR", side="buy", quantity="10"
                ),
                journaled(3, "halt", "account"),
                journaled(4, "order", "close", note="submit"),
            ],
        },
        depths={},
    )


def judged(picture: Picture, *, after: int = 3) -> list[str]:
    spans = [Span(after, 10)]
    return violations(picture, cash=CASH, strategies={"busy": ("ALDR",)}, spans=spans)


def with_rows(table: str, change: Callable[[list[Any]], list[Any]]) -> Change:
    def changed(picture: Picture) -> Picture:
        rows = change(list(picture.ledger[table]))
        return replace(picture, ledger={**picture.ledger, table: rows})

    return changed


def sent_twice(picture: Picture) -> Picture:
    orders = [*picture.broker_orders, {"id": "broker-again", "client_order_id": "buy"}]
    return replace(picture, broker_orders=orders)


def sent_under_another_name(picture: Picture) -> Picture:
    orders = [*picture.broker_orders, {"id": "broker-other", "client_order_id": "other"}]
    changed = with_rows("intents", lambda rows: [*rows, intent("other", "buy")])(picture)
    return replace(changed, broker_orders=orders)


def test_what_agrees_is_let_pass() -> None:
    assert judged(good()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (sent_twice, "buy is 2 orders"),
        (sent_under_another_name, "became 2 orders"),
        (with_rows("intents", lambda rows: rows[1:]), "buy left without an approved intent"),
        (
            with_rows("intents", lambda rows: [rows[0] | {"status": "denied"}, rows[1]]),
            "buy left without an approved intent",
        ),
        (with_rows("fills", lambda rows: rows[:1]), "the ledger misses the fill"),
        (with_rows("fills", lambda rows: [*rows, rows[0]]), "the ledger invented the fill"),
        (lambda good: replace(good, positions={"ALDR": Decimal(7)}), "the broker holds"),
        (lambda good: replace(good, cash=Decimal("937.01")), "the broker has 937.01"),
        (with_rows("snapshots", lambda _: []), "busy saw 0 bars of ALDR, stored are 1"),
        (with_rows("bars", lambda rows: rows * 2), "busy saw 1 bars of ALDR, stored are 2"),
        (lambda good: replace(good, depths={"orders-dlq.fifo": 1}), "left on orders-dlq.fifo"),
    ],
)
def test_what_does_not_hold_is_said(change: Change, sentence: str) -> None:
    assert any(sentence in each for each in judged(change(good())))


def test_an_order_under_a_halt_must_reduce() -> None:
    assert judged(good(), after=0) == ["buy left under a halt and did not reduce 0 ALDR"]
