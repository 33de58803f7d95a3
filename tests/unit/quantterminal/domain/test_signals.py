from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quantterminal.domain.signals import (
    Action,
    Side,
    Signal,
    client_order_id,
    intent_id,
    is_ours,
)

SIGNAL = Signal(
    strategy="momentum",
    version="1",
    symbol="SPY",
    bar_start=datetime(2024, 3, 4, 14, 30, tzinfo=UTC),
    ordinal=0,
    action=Action.BUY,
    quantity=None,
    reference_price=512.3,
    reason="signal",
)


def test_the_id_is_strategy_version_symbol_bar_and_ordinal() -> None:
    assert SIGNAL.id == "momentum@1:SPY:20240304T1430Z:0"


@pytest.mark.parametrize(
    "change",
    [
        {"strategy": "other"},
        {"version": "2"},
        {"symbol": "IBM"},
        {"bar_start": datetime(2024, 3, 4, 14, 31, tzinfo=UTC)},
        {"ordinal": 1},
    ],
)
def test_another_decision_has_another_id(change: dict[str, object]) -> None:
    assert replace(SIGNAL, **change).id != SIGNAL.id


def test_the_same_decision_has_the_same_id_whatever_its_words() -> None:
    assert replace(SIGNAL, reason="other words", quantity=5).id == SIGNAL.id


def test_repricing_is_a_new_intent() -> None:
    assert intent_id(SIGNAL, 0) == "momentum@1:SPY:20240304T1430Z:0#0"
    assert intent_id(SIGNAL, 1) != intent_id(SIGNAL, 0)


def test_the_client_order_id_can_be_read() -> None:
    order = client_order_id("paper", intent_id(SIGNAL, 0), signal=SIGNAL, side=Side.SELL)

    assert order.startswith("qt1-momentum-202403041430-SPY-S-")
    assert is_ours(order)
    assert not is_ours("manual-1")


def test_the_client_order_id_fits_into_48_characters_for_the_longest_names() -> None:
    long = replace(SIGNAL, strategy="volatility_breakout", symbol="LONGNAME.WS")

    order = client_order_id("account-0001", intent_id(long, 12), signal=long, side=Side.BUY)

    assert len(order) <= 48


def test_the_client_order_id_depends_on_account_and_intent() -> None:
    def make(account: str, attempt: int) -> str:
        return client_order_id(account, intent_id(SIGNAL, attempt), signal=SIGNAL, side=Side.BUY)

    assert make("paper", 0) == make("paper", 0)
    assert len({make("paper", 0), make("paper", 1), make("live", 0)}) == 3


def test_names_that_are_cut_to_the_same_text_still_make_different_orders() -> None:
    first, second = (replace(SIGNAL, strategy=name) for name in ("momentum_a", "momentum_b"))

    orders = {
        client_order_id("paper", intent_id(signal, 0), signal=signal, side=Side.BUY)
        for signal in (first, second)
    }

    assert len(orders) == 2


def test_sides_have_signs_and_opposites() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY
