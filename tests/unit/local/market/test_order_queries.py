from typing import Any

import pytest

from local.market.order_queries import select_activities, select_orders
from local.market.refusals import Refusal
from tests.unit.local.market.desk_fixture import Exchange


def exchange_with_orders() -> Exchange:
    exchange = Exchange()
    for number in range(60):
        answer = exchange.submit("buy", 1, "90", symbol="IBM" if number % 2 else "SPY")
        if number % 3 == 0:
            exchange.cancel(answer)
    return exchange


def ids(query: dict[str, str], exchange: Exchange | None = None) -> list[int]:
    orders = (exchange or exchange_with_orders()).broker.orders.values()
    found = select_orders(orders, query)
    return [int(order.ticket.client_order_id.removeprefix("order-")) for order in found]


def test_the_default_is_open_orders_newest_first_and_at_most_fifty() -> None:
    assert ids({})[:3] == [60, 59, 57]
    assert len(ids({"status": "all"})) == 50
    assert len(ids({"status": "all", "limit": "500"})) == 60
    assert ids({"status": "closed", "direction": "asc"})[:3] == [1, 4, 7]


def test_symbols_and_sides_narrow_the_list() -> None:
    assert ids({"symbols": "SPY,XYZ", "status": "all"})[:2] == [59, 57]
    assert ids({"side": "sell"}) == []


def test_pages_by_time_neither_repeat_nor_skip() -> None:
    exchange = exchange_with_orders()
    seen: list[int] = []
    query = {"status": "all", "limit": "7", "direction": "asc"}
    while page := select_orders(exchange.broker.orders.values(), query):
        seen += [int(order.ticket.client_order_id.removeprefix("order-")) for order in page]
        query["after"] = page[-1].submitted_at.isoformat()

    assert seen == list(range(1, 61))


@pytest.mark.parametrize(
    "query", [{"limit": "501"}, {"limit": "x"}, {"status": "new"}, {"after": "yesterday"}]
)
def test_queries_that_mean_nothing_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(Refusal):
        ids(query)


def fills(count: int) -> list[dict[str, Any]]:
    exchange = Exchange()
    for number in range(count):
        exchange.submit("buy" if number % 2 == 0 else "sell", 1)
        exchange.price(100.0)
    return exchange.broker.fills


def test_fills_are_paged_by_the_id_of_the_last_one() -> None:
    recorded = fills(7)
    newest_first = select_activities(recorded, {"page_size": "4"})
    rest = select_activities(recorded, {"page_size": "4", "page_token": newest_first[-1]["id"]})

    assert [*newest_first, *rest] == recorded[::-1]
    assert select_activities(recorded, {"direction": "asc"}) == recorded


def test_fills_are_chosen_by_day_and_time() -> None:
    recorded = fills(3)
    second = recorded[1]["transaction_time"]

    assert select_activities(recorded, {"date": "2024-03-04"}) == recorded[::-1]
    assert select_activities(recorded, {"date": "2024-03-05"}) == []
    assert select_activities(recorded, {"after": second}) == [recorded[2]]
    assert select_activities(recorded, {"until": second}) == [recorded[0]]
    with pytest.raises(Refusal, match="invalid page_token"):
        select_activities(recorded, {"page_token": "nothing"})
