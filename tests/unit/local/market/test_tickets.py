from decimal import Decimal
from typing import Any

import pytest

from local.market.orders import Ticket
from local.market.refusals import Refusal
from local.market.tickets import read_replacement, read_ticket

SUB_PENNY = "sub-penny increment does not fulfill minimum pricing criteria"
LIMIT = {
    "symbol": "IBM",
    "side": "buy",
    "type": "limit",
    "qty": "10",
    "limit_price": "181.50",
    "time_in_force": "gtc",
}


def test_a_limit_order_is_read() -> None:
    ticket = read_ticket({**LIMIT, "qty": 10, "client_order_id": "qt1"}, generated_id="g")

    assert ticket == Ticket(
        "IBM", "buy", Decimal(10), "limit", Decimal("181.5"), "gtc", "qt1", extended_hours=False
    )


def test_an_order_without_an_id_gets_one() -> None:
    assert read_ticket(LIMIT, generated_id="generated").client_order_id == "generated"


@pytest.mark.parametrize(
    ("change", "status", "code", "message"),
    [
        ({"symbol": None}, 422, 40010001, "symbol is required"),
        ({"side": "hold"}, 422, 40010001, "invalid side"),
        ({"type": "trailing_stop"}, 422, 40010001, "invalid type"),
        ({"time_in_force": "opg"}, 422, 40010001, "invalid time_in_force"),
        ({"order_class": "bracket"}, 422, 40010001, "invalid order_class"),
        ({"qty": None}, 422, 40010001, "qty or notional is required"),
        ({"qty": "0"}, 422, 40010001, "qty must be > 0"),
        ({"qty": "ten"}, 400, 40010000, "request body format is invalid"),
        ({"qty": "NaN"}, 400, 40010000, "request body format is invalid"),
        ({"qty": True}, 400, 40010000, "request body format is invalid"),
        ({"qty": "0.5"}, 422, 42210000, "fractional orders must be DAY orders"),
        (
            {"qty": "0.5", "time_in_force": "day"},
            403,
            40310000,
            'asset "IBM" is not fractionable',
        ),
        ({"qty": None, "notional": "5"}, 403, 40310000, 'asset "IBM" is not fractionable'),
        ({"limit_price": None}, 422, 40010001, "limit orders require a limit price"),
        ({"type": "market"}, 422, 40010001, "market orders require no limit price"),
        ({"limit_price": "-1"}, 422, 40010001, "limit_price must be > 0"),
        (
            {"limit_price": "290.123"},
            422,
            42210000,
            f"invalid limit_price 290.123. {SUB_PENNY}",
        ),
        (
            {"limit_price": "0.12345"},
            422,
            42210000,
            f"invalid limit_price 0.12345. {SUB_PENNY}",
        ),
        (
            {"type": "market", "limit_price": None, "extended_hours": True},
            422,
            42210000,
            "extended hours order must be DAY limit orders",
        ),
        (
            {"client_order_id": "x" * 129},
            422,
            40010001,
            "client_order_id must be no more than 128 characters",
        ),
    ],
)
def test_what_alpaca_refuses_is_refused_in_its_words(
    change: dict[str, Any], status: int, code: int, message: str
) -> None:
    with pytest.raises(Refusal) as caught:
        read_ticket({**LIMIT, **change}, generated_id="g")

    assert caught.value.status == status
    assert caught.value.body == {"code": code, "message": message}


@pytest.mark.parametrize("price", ["0.1234", "1.00", "1.01", "100"])
def test_prices_on_the_tick_pass(price: str) -> None:
    ticket = read_ticket({**LIMIT, "limit_price": price}, generated_id="g")

    assert ticket.limit_price == Decimal(price)


def test_a_replacement_keeps_what_it_does_not_name() -> None:
    old = read_ticket(LIMIT, generated_id="old")

    same = read_replacement({}, old, remaining=Decimal(4), generated_id="new")
    changed = read_replacement(
        {"qty": 7, "limit_price": "180", "time_in_force": "day"},
        old,
        remaining=Decimal(4),
        generated_id="new",
    )

    assert (same.qty, same.limit_price, same.client_order_id) == (4, old.limit_price, "new")
    assert (changed.qty, changed.limit_price, changed.time_in_force) == (7, 180, "day")
