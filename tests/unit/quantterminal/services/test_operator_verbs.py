"""What a person may ask for, in every scope, at any price age, however often it is repeated."""

from datetime import timedelta
from decimal import Decimal

import pytest

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.signals import Side
from quantterminal.ports.watermarks import Quote
from quantterminal.services.api_requests import command
from quantterminal.services.apply_update import apply_update
from quantterminal.services.flatten import Flattened, flatten
from tests.unit.quantterminal.services.pipeline import Pipeline
from tests.unit.quantterminal.services.test_flatten import fill_what_works


def asked(pipeline: Pipeline, verb: str, *, key: str = "1", **body: object) -> str:
    body = {"reason": "because"} | body
    return str(command(verb, body, actor="ann", key=key, runtime=pipeline.api)["message"])


def quoted(pipeline: Pipeline, symbol: str, bid: str, ask: str) -> None:
    pipeline.quotes.put({symbol: Quote(Decimal(bid), Decimal(ask), pipeline.clock.now())})


def sells(pipeline: Pipeline) -> list[tuple[str, Decimal, Decimal]]:
    posts = [each for each in pipeline.broker.posts if each.side is Side.SELL]
    return [(each.symbol, each.quantity, each.limit_price) for each in posts]


def commands_in_the_journal(pipeline: Pipeline) -> list[tuple[str, dict[str, object]]]:
    with pipeline.database.transaction() as connection:
        found = connection.execute(
            "select ref, payload from journal where account = %s and kind = 'operator'"
            " order by position",
            (pipeline.account,),
        ).fetchall()
    return [(row["ref"], row["payload"]) for row in found]


@pytest.mark.parametrize(
    ("scope", "closed"),
    [
        (ACCOUNT, {"SPY", "IBM"}),
        ("strategy:eager", {"SPY", "IBM"}),
        ("symbol:SPY", {"SPY"}),
        ("strategy:another", set()),
    ],
)
def test_a_flatten_closes_what_is_in_its_scope(
    pipeline: Pipeline, scope: str, closed: set[str]
) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.bought("IBM", 30, "100.00")

    said = asked(pipeline, "flatten", scope=scope)
    pipeline.pump()

    assert said == f"No new entries; closing {len(closed)} positions"
    assert {symbol for symbol, _, _ in sells(pipeline)} == closed
    assert pipeline.loaded().levels == {scope: HaltLevel.REDUCE_ONLY}


@pytest.mark.parametrize(
    ("scope", "canceled"),
    [
        (ACCOUNT, {"SPY", "IBM"}),
        ("strategy:eager", {"SPY", "IBM"}),
        ("symbol:IBM", {"IBM"}),
        ("strategy:another", set()),
    ],
)
@pytest.mark.parametrize("level", [HaltLevel.ACTIVE, HaltLevel.HALTED])
def test_cancels_pass_whatever_is_halted(
    pipeline: Pipeline, scope: str, canceled: set[str], level: HaltLevel
) -> None:
    working = {symbol: pipeline.working(symbol) for symbol in ("SPY", "IBM")}
    pipeline.halts.raise_halt(ACCOUNT, level, code=HaltCode.OPERATOR, reason="test", actor="test")

    with pipeline.halt_ledger.held(pipeline.account):  # even while somebody is sending
        said = asked(pipeline, "cancel-all", scope=scope)
        pipeline.pump()

    assert said == f"Canceling all working orders of {scope}"
    assert set(pipeline.broker.cancels) == {working[each].broker_order_id for each in canceled}


def test_a_cancel_all_is_asked_for_once_per_key(pipeline: Pipeline) -> None:
    for key in ("1", "1", "2"):
        pipeline.bus._ids.clear()  # as if nothing had been deduplicated
        asked(pipeline, "cancel-all", key=key)

    assert [e.id for e in pipeline.sent("orders")] == [
        f"cancel-all:cancel:{pipeline.account}:1",
        f"cancel-all:cancel:{pipeline.account}:2",
    ]


def test_every_command_is_journaled_with_who_and_why(pipeline: Pipeline) -> None:
    for number, verb in enumerate(("halt", "resume", "flatten", "cancel-all")):
        asked(pipeline, verb, key=str(number), scope="symbol:SPY", reason=f"why {number}")

    assert commands_in_the_journal(pipeline) == [
        (verb, {"reason": f"why {number}", "actor": "ann", "scope": "symbol:SPY"})
        for number, verb in enumerate(("halt", "resume", "flatten", "cancel-all"))
    ]


def test_a_retry_with_the_same_key_closes_once_across_minutes(pipeline: Pipeline) -> None:
    """The first try died before it was remembered as done; the second comes minutes later."""
    pipeline.bought("SPY", 20, "100.00")
    pipeline.bus.is_down = True
    with pytest.raises(RetryableError):
        asked(pipeline, "flatten", key="once")
    pipeline.bus.is_down = False
    pipeline.clock.forward(timedelta(minutes=3))
    for _ in range(2):
        pipeline.bus._ids.clear()  # as if nothing had been deduplicated
        flatten(actor="ann", reason="enough", runtime=pipeline.flattening, key="once")
        pipeline.pump()
        pipeline.clock.forward(timedelta(minutes=3))

    fill_what_works(pipeline, "99.95")

    assert [quantity for _, quantity, _ in sells(pipeline)] == [20]
    assert pipeline.broker.positions() == {}


@pytest.mark.parametrize("minutes", [1, 10, 100])
def test_an_old_price_keeps_nobody_in(pipeline: Pipeline, minutes: int) -> None:
    """The feed has been silent; a person wants out all the same, and is told."""
    pipeline.bought("SPY", 20, "100.00")
    pipeline.clock.forward(timedelta(minutes=minutes))

    said = asked(pipeline, "flatten")
    pipeline.pump()

    assert [quantity for _, quantity, _ in sells(pipeline)] == [20]
    old = minutes > 1
    assert ("the last price is old for SPY" in said) is old
    assert len(pipeline.telemetry.named("FlattenedAtOldPrice")) == old


def test_a_newer_quote_prices_the_close(pipeline: Pipeline) -> None:
    pipeline.bought("SPY", 20, "100.00")
    pipeline.clock.forward(timedelta(minutes=10))
    quoted(pipeline, "SPY", "89.99", "90.01")

    assert asked(pipeline, "flatten") == "No new entries; closing 1 positions"
    pipeline.pump()

    ((_, quantity, limit),) = sells(pipeline)
    assert quantity == 20
    assert Decimal("89.5") < limit < Decimal("90.01")


@pytest.mark.parametrize(
    ("bid", "ask", "minutes"),
    [
        ("80.00", "100.00", 10),  # wider than the collar
        ("0", "0.01", 10),
        ("101.00", "99.00", 10),  # crossed
        ("50.00", "50.01", 0),  # far from a mark that is still good
    ],
)
def test_a_wild_quote_prices_nothing(pipeline: Pipeline, bid: str, ask: str, minutes: int) -> None:
    pipeline.bought("SPY", 20, "100.00")
    mark = pipeline.loaded().marks["SPY"]
    pipeline.clock.forward(timedelta(minutes=minutes))
    quoted(pipeline, "SPY", bid, ask)

    asked(pipeline, "flatten")

    assert pipeline.loaded().marks["SPY"] == mark


def test_a_quote_closes_what_no_bar_has_priced(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("QQQ", Side.BUY, 7, "99.00")
    held(pipeline, by_hand.client_order_id)
    quoted(pipeline, "QQQ", "98.99", "99.01")

    assert asked(pipeline, "flatten") == "No new entries; closing 1 positions"
    pipeline.pump()

    assert [symbol for symbol, _, _ in sells(pipeline)] == ["QQQ"]


def test_what_nobody_can_price_is_named(pipeline: Pipeline) -> None:
    by_hand = pipeline.broker.order_by_hand("QQQ", Side.BUY, 7, "99.00")
    held(pipeline, by_hand.client_order_id)

    found = flatten(actor="ann", reason="out", runtime=pipeline.flattening)

    assert found == Flattened(closing=0, stale=[], unpriced=["QQQ"])
    assert pipeline.telemetry.named("NotFlattenedWithoutPrice") == [{"symbols": "QQQ"}]
    assert "no price is known for QQQ: close by hand" in asked(pipeline, "flatten")


def held(pipeline: Pipeline, client_order_id: str) -> None:
    fill = pipeline.broker.fill(client_order_id, 7, "99.00")
    apply_update(fill, source="stream", runtime=pipeline.updates)
