from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.market.matching import Answer
from local.market.refusals import Refusal
from tests.unit.local.market.desk_fixture import CLOSE, NEXT_OPEN, OPEN, Exchange

BEFORE_OPEN = datetime(2024, 3, 4, 13, 0, tzinfo=UTC)


def refusal_of(exchange: Exchange, *args: Any, **kwargs: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(Refusal) as caught:
        exchange.submit(*args, **kwargs)
    return caught.value.status, dict(caught.value.body)


def test_an_order_answers_pending_new_and_is_new_for_the_stream() -> None:
    exchange = Exchange()
    answer = exchange.submit("buy", 10, "99.50")

    assert answer.order["status"] == "pending_new"
    assert exchange.events() == ["pending_new", "new"]
    assert exchange.status(answer) == "new"


@pytest.mark.parametrize(
    ("side", "limit", "price", "filled_at"),
    [
        ("buy", "100.01", 100.0, "100.01"),  # the ask is on the limit
        ("buy", "100.50", 100.0, "100.01"),  # better than the limit: filled at the ask
        ("buy", "100.00", 100.0, None),  # the ask is a cent above
        ("sell", "99.99", 100.0, "99.99"),
        ("sell", "99.00", 100.0, "99.99"),
        ("sell", "100.00", 100.0, None),
        ("buy", None, 100.0, "100.01"),
        ("sell", None, 100.0, "99.99"),
    ],
)
def test_a_limit_fills_at_the_quote_when_the_quote_reaches_it(
    side: Any, limit: str | None, price: float, filled_at: str | None
) -> None:
    exchange = Exchange()
    exchange.submit(side, 10, limit)
    exchange.price(price)

    fills = [update for update in exchange.updates if update["event"] == "fill"]
    assert [fill["price"] for fill in fills] == ([filled_at] if filled_at else [])


def test_no_order_is_filled_at_a_price_that_came_before_it() -> None:
    exchange = Exchange()
    exchange.price(90.0)
    answer = exchange.submit("buy", 10, "95")

    exchange.price(100.0)

    assert exchange.status(answer) == "new"


def test_a_large_order_fills_in_parts_with_cumulative_quantities() -> None:
    exchange = Exchange()
    exchange.submit("buy", 250, "101")
    exchange.price(100.0, volume=4_000)  # a tenth, a quarter of it: 100 shares
    exchange.price(100.5, volume=4_000)
    exchange.price(100.2, volume=4_000)

    fills = [u for u in exchange.updates if "fill" in u["event"]]
    assert [u["event"] for u in fills] == ["partial_fill", "partial_fill", "fill"]
    assert [(u["qty"], u["price"], u["position_qty"]) for u in fills] == [
        ("100", "100.01", "100"),
        ("100", "100.51", "200"),
        ("50", "100.21", "250"),
    ]
    assert [u["order"]["filled_qty"] for u in fills] == ["100", "200", "250"]
    assert fills[-1]["order"]["filled_avg_price"] == "100.25"
    assert fills[-1]["order"]["filled_at"] == fills[-1]["timestamp"]
    assert len({u["execution_id"] for u in exchange.updates}) == len(exchange.updates)


def test_orders_of_one_side_share_what_the_minute_traded_the_oldest_first() -> None:
    exchange = Exchange()
    first = exchange.submit("buy", 80, "101")
    second = exchange.submit("buy", 80, "102")
    exchange.price(100.0, volume=4_000)

    assert exchange.status(first) == "filled"
    assert exchange.broker.find(second.order["id"]).filled_qty == 20


def test_a_thin_minute_still_has_a_round_lot_and_an_empty_one_nothing() -> None:
    exchange = Exchange()
    answer = exchange.submit("buy", 150, "101")
    exchange.price(100.0, volume=0)
    assert exchange.status(answer) == "new"

    exchange.price(100.0, volume=3)

    assert exchange.broker.find(answer.order["id"]).filled_qty == 100


def test_ioc_takes_what_the_next_price_gives_and_cancels_the_rest() -> None:
    exchange = Exchange()
    answer = exchange.submit("buy", 150, "101", tif="ioc")
    exchange.price(100.0, volume=4_000)

    assert exchange.events()[-2:] == ["partial_fill", "canceled"]
    assert exchange.status(answer) == "canceled"
    assert exchange.updates[-1]["order"]["filled_qty"] == "100"


def test_a_partly_filled_order_is_canceled_with_what_it_has() -> None:
    exchange = Exchange()
    answer = exchange.submit("buy", 250, "101")
    exchange.price(100.0, volume=4_000)
    exchange.cancel(answer)
    exchange.price(100.0, volume=4_000)

    assert exchange.events()[-2:] == ["pending_cancel", "canceled"]
    assert exchange.updates[-1]["order"]["filled_qty"] == "100"
    assert exchange.broker.account.qty("IBM") == 100
    with pytest.raises(Refusal, match="order is not cancelable"):
        exchange.cancel(answer)


def test_day_orders_expire_at_the_close_and_gtc_orders_live_on() -> None:
    exchange = Exchange()
    day = exchange.submit("buy", 10, "90", tif="day")
    lasting = exchange.submit("buy", 10, "91", tif="gtc")
    exchange.pass_to(CLOSE + timedelta(seconds=2))

    assert exchange.status(day) == "expired"
    assert exchange.updates[-1]["order"]["expired_at"] == "2024-03-04T21:00:00Z"
    assert day.order["expires_at"] == "2024-03-04T21:00:00Z"

    exchange.pass_to(NEXT_OPEN)
    exchange.price(90.5)
    assert exchange.status(lasting) == "filled"


def test_gtc_orders_end_after_ninety_days() -> None:
    exchange = Exchange()
    answer = exchange.submit("buy", 10, "90")
    assert answer.order["expires_at"] == "2024-06-02T20:15:00Z"

    exchange.pass_to(datetime(2024, 6, 3, 12, tzinfo=UTC))

    assert exchange.status(answer) == "expired"


def test_an_order_of_the_night_waits_for_the_open() -> None:
    exchange = Exchange(at=BEFORE_OPEN)
    answer = exchange.submit("buy", 10, "101", tif="day")
    exchange.price(100.0)

    assert answer.order["status"] == "accepted"
    assert exchange.events() == ["accepted"]

    exchange.now = OPEN + timedelta(seconds=4)
    exchange.price(100.0)
    assert exchange.events() == ["accepted", "new", "fill"]
    assert exchange.updates[1]["order"]["submitted_at"] == "2024-03-04T14:30:00Z"


def test_an_order_after_the_close_is_for_the_next_session() -> None:
    exchange = Exchange()
    exchange.pass_to(CLOSE + timedelta(hours=1))
    answer = exchange.submit("buy", 10, "101", tif="day")

    assert answer.order["status"] == "accepted"
    assert answer.order["expires_at"] == "2024-03-05T21:00:00Z"


def test_a_client_order_id_is_unique_for_ever() -> None:
    exchange = Exchange()
    exchange.submit("buy", 10, "101", client_order_id="once")
    exchange.price(100.0)

    assert refusal_of(exchange, "buy", 10, "101", client_order_id="once") == (
        422,
        {"code": 40010001, "message": "client_order_id must be unique"},
    )


def test_a_refused_id_may_be_used_again() -> None:
    exchange = Exchange()
    refusal_of(exchange, "buy", 10_000, "101", client_order_id="again")

    assert exchange.submit("buy", 10, "101", client_order_id="again").order["status"]


def test_buying_power_is_twice_the_equity_less_what_is_held_and_open() -> None:
    exchange = Exchange(cash="10000")
    assert exchange.broker.buying_power() == 20_000
    exchange.submit("buy", 150, "100")
    assert exchange.broker.buying_power() == 5_000

    status, body = refusal_of(exchange, "buy", 51, "100")

    assert status == 403
    assert body == {
        "buying_power": "5000",
        "code": 40310000,
        "cost_basis": "5100",
        "message": "insufficient buying power",
    }
    exchange.submit("buy", 50, "100")
    assert exchange.broker.buying_power() == 0


def test_a_filled_position_takes_half_its_value_as_margin() -> None:
    exchange = Exchange(cash="10000")
    exchange.submit("buy", 100, "101")
    exchange.price(99.99)

    assert exchange.broker.account.cash == 0
    assert exchange.broker.buying_power() == Decimal("9999.00")


def test_nothing_sells_more_than_is_held_and_free() -> None:
    exchange = Exchange()
    exchange.submit("buy", 100, "101")
    exchange.price(100.0)
    resting = exchange.submit("sell", 70, "120")

    status, body = refusal_of(exchange, "sell", 31, "120")

    assert status == 403
    assert body == {
        "available": "30",
        "code": 40310000,
        "existing_qty": "100",
        "held_for_orders": "70",
        "message": "insufficient qty available for order (requested: 31, available: 30)",
        "related_orders": [resting.order["id"]],
        "symbol": "IBM",
    }
    assert exchange.submit("sell", 30, "120").order["position_intent"] == "sell_to_close"


def test_shorts_open_and_close() -> None:
    exchange = Exchange()
    assert exchange.submit("sell", 10).order["position_intent"] == "sell_to_open"
    exchange.price(100.0)
    assert exchange.broker.account.qty("IBM") == -10

    assert exchange.submit("buy", 10).order["position_intent"] == "buy_to_close"
    exchange.price(90.0)
    assert exchange.broker.account.holdings == {}
    assert exchange.broker.account.cash == Decimal(100_000) + 10 * (
        Decimal("99.99") - Decimal("90.01")
    )


def test_orders_that_could_meet_each_other_are_wash_trades() -> None:
    exchange = Exchange()
    exchange.submit("buy", 100)
    exchange.price(100.0)
    resting = exchange.submit("sell", 50, "105")

    for limit in ("105", None):
        status, body = refusal_of(exchange, "buy", 1, limit)
        assert status == 403
        assert body == {
            "code": 40310000,
            "existing_order_id": resting.order["id"],
            "message": "potential wash trade detected. use complex orders",
            "reject_reason": "opposite side limit order exists",
        }
    assert exchange.submit("buy", 1, "104.99").order["status"] == "pending_new"


def test_long_and_short_are_not_opened_side_by_side() -> None:
    exchange = Exchange()
    exchange.submit("sell", 10, "110")
    _, body = refusal_of(exchange, "buy", 10, "90")
    assert body["message"] == "cannot open a long buy while a short sell order is open"

    exchange.submit("buy", 10, "90", symbol="SPY")
    _, body = refusal_of(exchange, "sell", 10, "110", symbol="SPY")
    assert body["message"] == "cannot open a short sell while a long buy order is open"


def test_an_unknown_asset_and_one_without_a_price_are_refused() -> None:
    exchange = Exchange(at=BEFORE_OPEN)

    assert refusal_of(exchange, "buy", 1, "10", symbol="ZZZ")[1]["message"] == (
        'asset "ZZZ" not found'
    )
    assert refusal_of(exchange, "buy", 1)[1]["message"] == 'asset "IBM" has no price yet'


def test_a_replacement_takes_the_place_of_the_old_order() -> None:
    exchange = Exchange()
    old = exchange.submit("buy", 10, "95")
    ticket = exchange.broker.find(old.order["id"]).ticket
    better = ticket.__class__(
        symbol="IBM",
        side="buy",
        qty=Decimal(20),
        type="limit",
        limit_price=Decimal("100.50"),
        time_in_force="gtc",
        client_order_id="better",
    )
    answer = exchange.broker.replace(old.order["id"], better, exchange.now)
    exchange.updates += answer.updates
    exchange.price(100.0)

    assert exchange.events()[2:] == ["replaced", "pending_new", "new", "fill"]
    assert exchange.status(old) == "replaced"
    assert exchange.updates[2]["order"]["replaced_by"] == answer.order["id"]
    assert answer.order["replaces"] == old.order["id"]
    with pytest.raises(Refusal, match="unable to replace order"):
        exchange.broker.replace(old.order["id"], better, exchange.now)


def test_the_exchange_can_turn_an_accepted_order_down() -> None:
    exchange = Exchange()
    ticket = exchange.broker.find(exchange.submit("buy", 1, "90").order["id"]).ticket
    again = ticket.__class__(
        symbol="IBM",
        side="buy",
        qty=Decimal(1),
        type="limit",
        limit_price=Decimal(90),
        time_in_force="day",
        client_order_id="turned-down",
    )
    answer = exchange.broker.submit(again, exchange.now, reject=True)

    assert answer.order["status"] == "pending_new"
    assert [update["event"] for update in answer.updates] == ["pending_new", "rejected"]
    assert answer.updates[-1]["order"]["failed_at"]


def test_the_day_is_measured_against_the_close_before() -> None:
    exchange = Exchange()
    exchange.submit("buy", 100)
    exchange.price(110.0)
    exchange.pass_to(CLOSE + timedelta(minutes=5))
    account = exchange.broker.account
    assert account.last_equity == 100_000

    exchange.pass_to(NEXT_OPEN)

    assert account.last_equity == account.equity == 100_000 - Decimal("0.01") * 100
    assert account.last_day_marks["IBM"] == 110


def test_fills_are_kept_as_activities_with_what_is_left() -> None:
    exchange = Exchange()
    answer = exchange.submit("buy", 150, "101")
    exchange.price(100.0, volume=4_000)
    exchange.price(100.0, volume=4_000)

    first, second = exchange.broker.fills
    assert first["id"].startswith("20240304093004000::")
    assert (first["type"], first["qty"], first["leaves_qty"]) == ("partial_fill", "100", "50")
    assert (second["type"], second["cum_qty"], second["leaves_qty"]) == ("fill", "150", "0")
    assert second["order_id"] == answer.order["id"]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "cancel", "price"]),
        st.integers(1, 400),
        st.integers(9_000, 11_000),
        st.sampled_from(["day", "gtc", "ioc"]),
        st.sampled_from(["IBM", "SPY"]),
    ),
    max_size=40,
)


def play(actions: list[Any]) -> Exchange:
    exchange = Exchange(cash="30000")
    answers: list[Answer] = []
    for action, qty, cents, tif, symbol in actions:
        price = cents / 100
        try:
            if action == "price":
                exchange.price(price, volume=qty * 50.0, symbol=symbol)
            elif action == "cancel" and answers:
                exchange.cancel(answers[qty % len(answers)])
            elif action != "cancel":
                limit = f"{price:.2f}" if qty % 5 else None
                answers.append(exchange.submit(action, qty, limit, tif=tif, symbol=symbol))
        except Refusal:
            continue  # what is refused must leave no trace: the properties hold all the same
    return exchange


@given(ACTIONS)
def test_cash_and_positions_follow_from_the_fills_alone(actions: list[Any]) -> None:
    exchange = play(actions)
    cash, held = Decimal(30_000), {"IBM": Decimal(0), "SPY": Decimal(0)}
    for update in exchange.updates:
        if "price" in update:
            order = update["order"]
            signed = Decimal(update["qty"]) * (1 if order["side"] == "buy" else -1)
            cash -= signed * Decimal(update["price"])
            before = held[order["symbol"]]
            held[order["symbol"]] = before + signed
            assert before * held[order["symbol"]] >= 0, "one order turned a position around"
            assert Decimal(update["position_qty"]) == held[order["symbol"]]

    account = exchange.broker.account
    assert account.cash == cash
    assert {symbol: account.qty(symbol) for symbol in held} == held
    assert account.equity == cash + sum(held[s] * account.marks[s] for s in held)


@given(ACTIONS)
def test_no_order_is_overfilled_nor_filled_beyond_its_limit(actions: list[Any]) -> None:
    exchange = play(actions)
    for order in exchange.broker.orders.values():
        assert 0 <= order.filled_qty <= order.ticket.qty
        assert (order.status == "filled") == (order.filled_qty == order.ticket.qty)
    for update in exchange.updates:
        limit = update["order"]["limit_price"]
        if "price" in update and limit is not None:
            worse = Decimal(update["price"]) - Decimal(limit)
            assert worse <= 0 if update["order"]["side"] == "buy" else worse >= 0


@given(ACTIONS)
def test_the_same_calls_give_the_same_events_to_the_byte(actions: list[Any]) -> None:
    first, second = play(actions), play(actions)

    assert first.updates == second.updates
    assert first.broker.fills == second.broker.fills
    stamps = [order.submitted_at for order in first.broker.orders.values()]
    assert len(set(stamps)) == len(stamps)
