"""The simulation's broker against the broker server: one table of scenarios, equal answers.

The server itself is held against the vendor's own client, so that the model is as honest as it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from quantterminal.domain.errors import (
    AmbiguousError,
    CredentialsError,
    OrderRejectedError,
    RetryableError,
)
from quantterminal.domain.signals import Side
from quantterminal.ports.broker import NewOrder
from tests.contract.market_process import market
from tests.contract.venues import ModelVenue, ServerVenue, Venue

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_CENT = Decimal("0.01")
_AWAY = Decimal("1.50")


def order(venue: Venue, number: int, **changes: Any) -> NewOrder:
    """A limit order that fills at the next trade, unless `changes` say otherwise."""
    fields: dict[str, Any] = {
        "client_order_id": f"qt1-venue-{number}",
        "symbol": "AAA",
        "side": Side.BUY,
        "quantity": Decimal(10),
        **changes,
    }
    factor = Decimal("1.05") if fields["side"] is Side.BUY else Decimal("0.95")
    fields.setdefault("limit_price", (venue.price() * factor).quantize(_CENT))
    return NewOrder(**fields)


def seen(venue: Venue) -> list[tuple[str, str, str, Decimal]]:
    """What the stream told: event, order, status, cumulative quantity."""
    updates = [each.update for each in venue.updates]
    return [(u.event, u.client_order_id, u.status, u.filled_quantity) for u in updates]


def refusal(ask: Callable[[], Any]) -> tuple[str, str]:
    """The error that a call ends in, and its stable code where it has one."""
    try:
        ask()
    except (OrderRejectedError, RetryableError, AmbiguousError, CredentialsError) as problem:
        return type(problem).__name__, getattr(problem, "code", "")
    return "no error", ""


def from_submit_to_fill(venue: Venue) -> list[Any]:
    broker = venue.broker()
    venue.listen()
    accepted = broker.submit(order(venue, 1))
    venue.trade()
    found, fills = broker.find("qt1-venue-1"), list(broker.fills_since(LONG_AGO))
    return [
        (accepted.status, accepted.event, accepted.quantity, accepted.filled_quantity),
        (found.status, found.filled_quantity, found.limit_price == accepted.limit_price),
        sum(each.execution.quantity for each in fills),
        fills[-1].execution.cumulative,
        broker.positions(),
        [each.client_order_id for each in broker.open_orders()],
        [each.client_order_id for each in broker.orders_since(LONG_AGO)],
        broker.account().cash
        + sum(each.execution.quantity * each.execution.price for each in fills),
        [each for each in seen(venue) if each[0] != "partial_fill"],
    ]


def a_rest_is_canceled(venue: Venue) -> list[Any]:
    broker = venue.broker()
    venue.listen()
    resting = broker.submit(order(venue, 1, limit_price=_AWAY))
    venue.settle()
    open_before = [each.client_order_id for each in broker.open_orders()]
    broker.cancel(resting.broker_order_id)
    venue.settle()
    broker.cancel(resting.broker_order_id)
    broker.cancel("order-00000000-0000-0000-0000-000000000000")
    ended = broker.find("qt1-venue-1")
    return [open_before, ended.status, broker.open_orders(), broker.positions(), seen(venue)]


def f04_an_id_is_taken_for_ever(venue: Venue) -> list[Any]:
    broker = venue.broker()
    first = broker.submit(order(venue, 1, limit_price=_AWAY))
    again = broker.submit(order(venue, 1, limit_price=_AWAY))
    broker.cancel(first.broker_order_id)
    venue.settle()
    after_its_end = broker.submit(order(venue, 1, limit_price=_AWAY))
    return [
        again.broker_order_id == first.broker_order_id,
        after_its_end.broker_order_id == first.broker_order_id,
        after_its_end.status,
        len(list(broker.orders_since(LONG_AGO))),
        broker.find("qt1-never-sent"),
    ]


def f01_an_answer_is_lost(venue: Venue) -> list[Any]:
    broker = venue.broker()
    venue.lose_next_answer()
    told = refusal(lambda: broker.submit(order(venue, 1, limit_price=_AWAY)))
    found = broker.find("qt1-venue-1")
    return [told, found is not None, [each.client_order_id for each in broker.open_orders()]]


def f06_a_limit_on_orders(venue: Venue) -> list[Any]:
    broker = venue.broker()
    venue.limit_once()
    told = refusal(lambda: broker.submit(order(venue, 1, limit_price=_AWAY)))
    return [told, broker.find("qt1-venue-1"), broker.open_orders()]


def f05_refusals_by_the_rules(venue: Venue) -> list[Any]:
    broker = venue.broker()
    venue.make_untradable("BBB")
    asked = (
        order(venue, 1, quantity=Decimal(1_000_000)),
        order(venue, 2, limit_price=Decimal("10.123")),
        order(venue, 3, symbol="NOPE"),
        order(venue, 4, symbol="BBB"),
    )
    codes = [refusal(lambda each=each: broker.submit(each)) for each in asked]
    return [codes, [broker.find(each.client_order_id) for each in asked], broker.open_orders()]


def f16_orders_that_could_meet(venue: Venue) -> list[Any]:
    broker = venue.broker()
    broker.submit(order(venue, 1, quantity=Decimal(20)))
    venue.trade()
    far = (venue.price() * 2).quantize(_CENT)
    broker.submit(order(venue, 2, side=Side.SELL, limit_price=far))
    venue.settle()
    could_meet = refusal(lambda: broker.submit(order(venue, 3, limit_price=far)))
    beside = refusal(lambda: broker.submit(order(venue, 4, limit_price=_AWAY)))
    return [could_meet, beside, broker.positions(), len(broker.open_orders())]


def f16_two_openings_against_each_other(venue: Venue) -> list[Any]:
    broker = venue.broker()
    broker.submit(order(venue, 1, limit_price=_AWAY))
    venue.settle()
    far = (venue.price() * 2).quantize(_CENT)
    return [refusal(lambda: broker.submit(order(venue, 2, side=Side.SELL, limit_price=far)))]


def more_than_is_held_is_not_sold(venue: Venue) -> list[Any]:
    broker = venue.broker()
    broker.submit(order(venue, 1))
    venue.trade()
    far = (venue.price() * 2).quantize(_CENT)
    too_many = order(venue, 2, side=Side.SELL, quantity=Decimal(11), limit_price=far)
    half = order(venue, 3, side=Side.SELL, quantity=Decimal(6), limit_price=far)
    rest = order(venue, 4, side=Side.SELL, quantity=Decimal(5), limit_price=far)
    told = [refusal(lambda each=each: broker.submit(each)) for each in (too_many, half, rest)]
    return [told, len(broker.open_orders())]


def f17_buying_power_is_held_by_what_rests(venue: Venue) -> list[Any]:
    broker = venue.broker()
    big = order(venue, 1, quantity=Decimal(100_000), limit_price=Decimal("1.90"))
    small = order(venue, 2, quantity=Decimal(100_000), limit_price=Decimal("1.50"))
    return [refusal(lambda: broker.submit(big)), refusal(lambda: broker.submit(small))]


def f24_wrong_keys(venue: Venue) -> list[Any]:
    broker = venue.broker("key", "wrong")
    return [
        refusal(lambda: broker.submit(order(venue, 1, limit_price=_AWAY))),
        refusal(broker.account),
        venue.broker().open_orders(),
    ]


def f19_activities_move_cash_and_shares(venue: Venue) -> list[Any]:
    broker = venue.broker()
    broker.submit(order(venue, 1))
    venue.trade()
    before = broker.account().cash
    venue.act("DIV", "AAA", shares=10, cash="2.50")
    venue.act("SPLIT", "AAA", shares=10, cash="0")
    venue.act("FEE", "", shares=0, cash="-0.75")
    found = broker.activities_since(LONG_AGO)
    return [
        broker.account().cash - before,
        broker.positions(),
        [(each.kind, each.name, each.symbol, each.shares, each.cash) for each in found],
        len({each.id for each in found}),
    ]


def f07_f08_what_nobody_hears_is_not_told_again(venue: Venue) -> list[Any]:
    broker = venue.broker()
    venue.listen()
    broker.submit(order(venue, 1, limit_price=_AWAY))
    venue.settle()
    venue.hang_up()
    broker.submit(order(venue, 2))
    venue.trade()
    venue.listen()
    venue.settle()
    broker.submit(order(venue, 3, limit_price=_AWAY))
    venue.settle()
    fills = broker.fills_since(LONG_AGO)
    return [
        [each[:3] for each in seen(venue)],
        sum(each.execution.quantity for each in fills),
        broker.positions(),
    ]


def f23_more_orders_than_a_page(venue: Venue) -> list[Any]:
    broker = venue.broker()
    for number in range(510):
        broker.submit(order(venue, number, limit_price=_AWAY, quantity=Decimal(1)))
        if number % 150 == 149:
            venue.settle()
    ids = [each.client_order_id for each in broker.orders_since(LONG_AGO)]
    return [ids, len(set(ids)), len(broker.open_orders())]


def f41_the_clock_is_the_brokers(venue: Venue) -> list[Any]:
    broker = venue.broker()
    first = broker.time()
    venue.trade()
    return [first.tzinfo is UTC, broker.time() - first >= timedelta(minutes=1)]


SCENARIOS = (
    from_submit_to_fill,
    a_rest_is_canceled,
    f01_an_answer_is_lost,
    f04_an_id_is_taken_for_ever,
    f05_refusals_by_the_rules,
    f06_a_limit_on_orders,
    f07_f08_what_nobody_hears_is_not_told_again,
    f16_orders_that_could_meet,
    f16_two_openings_against_each_other,
    f17_buying_power_is_held_by_what_rests,
    f19_activities_move_cash_and_shares,
    f23_more_orders_than_a_page,
    f24_wrong_keys,
    f41_the_clock_is_the_brokers,
    more_than_is_held_is_not_sold,
)


@contextmanager
def server(folder: Path) -> Iterator[ServerVenue]:
    with market(folder, rate_limit=10_000) as process:
        venue = ServerVenue(process)
        yield venue
        venue.hang_up()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
def test_model_and_server_answer_alike(
    scenario: Callable[[Venue], list[Any]], tmp_path: Path
) -> None:
    by_the_model = scenario(ModelVenue())
    with server(tmp_path) as venue:
        by_the_server = scenario(venue)

    assert by_the_model == by_the_server
    assert by_the_model
