"""Prints become the minute bars that they would have been on the wire."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.ports.streams import TradeSeen
from quantterminal.services.bar_door import Accepted, BarDoor, Revised
from quantterminal.services.bars_from_trades import BarsFromTrades
from tests.unit.quantterminal.services.sample_bars import CLOSE, minute

GRACE_S = 1.0


def trade(price: float, size: float = 100.0, *, second: float = 1.0, number: int = 0) -> TradeSeen:
    return TradeSeen("AAA", price, size, minute(number) + timedelta(seconds=second))


def builder() -> BarsFromTrades:
    return BarsFromTrades(grace_s=GRACE_S)


def test_a_minute_is_handed_out_when_its_grace_is_over() -> None:
    bars = builder()
    for price, size, second in ((10.0, 100, 1), (12.0, 50, 20), (9.0, 50, 30), (11.0, 200, 59)):
        assert list(bars.add(trade(price, size, second=second))) == []

    assert bars.next_due() == minute(1) + timedelta(seconds=GRACE_S)
    assert list(bars.advance(minute(1) + timedelta(seconds=0.9))) == []
    (raw,) = bars.advance(minute(1) + timedelta(seconds=1))

    assert (raw["start"], raw["symbol"]) == (minute(0), "AAA")
    assert [raw[name] for name in ("open", "high", "low", "close")] == [10.0, 12.0, 9.0, 11.0]
    assert (raw["volume"], raw["trades"]) == (400.0, 4)
    assert raw["vwap"] == pytest.approx((1000 + 600 + 450 + 2200) / 400)
    assert list(bars.advance(minute(2))) == []
    assert bars.next_due() is None


def test_a_print_of_no_size_moves_nothing() -> None:
    bars = builder()

    bars.add(trade(99.0, 0))

    assert bars.next_due() is None


def test_a_late_print_makes_a_revision_at_the_door() -> None:
    bars, door = builder(), BarDoor(["AAA"])
    bars.add(trade(10.0))
    (first,) = bars.advance(minute(1) + timedelta(seconds=1))
    (again,) = bars.add(trade(13.0, second=58))

    assert isinstance(door.judge(first, now=CLOSE), Accepted)
    revised = door.judge(again, now=CLOSE)
    assert isinstance(revised, Revised)
    assert (revised.bar.high, revised.bar.volume) == (13.0, 200.0)


def test_a_minute_is_forgotten_after_the_revision_window() -> None:
    bars = builder()
    bars.add(trade(10.0))
    bars.advance(minute(1) + timedelta(seconds=1))

    bars.advance(minute(17))

    assert list(bars.add(trade(13.0))) == []


sizes = st.floats(0.01, 10_000)
prices = st.floats(0.01, 10_000)


@given(st.lists(st.tuples(prices, sizes, st.floats(0, 59.9)), min_size=1, max_size=30))
def test_every_bar_built_passes_the_door(trades: list[tuple[float, float, float]]) -> None:
    bars, door = builder(), BarDoor(["AAA"])
    for price, size, second in trades:
        bars.add(trade(price, size, second=second))

    (raw,) = bars.advance(minute(2))

    assert isinstance(door.judge(raw, now=CLOSE), Accepted)
