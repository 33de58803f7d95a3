"""Prints become the minute bars that they would have been on the wire.

The plain rules here are the reference that the desk's columns are held against.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.ingest.minutes import minute_parts
from quantterminal.adapters.ingest.tables import Symbols, trade_table
from quantterminal.domain.bars import minute_of
from quantterminal.domain.sessions import session_at
from quantterminal.domain.trade_conditions import COMPILED
from quantterminal.ports.ticks import MinutePart
from quantterminal.services.bar_door import Accepted, BarDoor, Revised
from quantterminal.services.bars_from_trades import BarsFromTrades
from tests.unit.quantterminal.services.sample_bars import CLOSE, minute

GRACE_S = 1.0


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Print:
    at: datetime
    price: float
    size: float
    conditions: tuple[float, ...] = ()
    symbol: str = "AAA"
    correction: float = 0.0
    sequence: float = 0.0
    exchange: float = 0.0
    tape: float = 0.0
    trf: float = 0.0

    @property
    def at_ms(self) -> float:
        return (self.at - EPOCH) // timedelta(milliseconds=1)


def part_of(print_: Print) -> MinutePart:
    """One print by the rules, one at a time."""
    allowed = COMPILED.updates(print_.conditions, in_session=session_at(print_.at) is not None)
    stands = print_.size > 0 and print_.correction in (0, 1, 2)
    price, size = print_.price, print_.size
    return MinutePart(
        symbol=print_.symbol,
        start=minute_of(print_.at),
        first=price if stands and allowed.open_close else None,
        high=price if stands and allowed.high_low else None,
        low=price if stands and allowed.high_low else None,
        last=price if stands and allowed.open_close else None,
        volume=size if stands and allowed.volume else 0.0,
        turnover=price * size if stands and allowed.volume else 0.0,
        trades=int(stands and allowed.volume),
    )


def parts_of(prints: Sequence[Print]) -> list[MinutePart]:
    """A batch of prints by the desk's columns."""
    symbols = Symbols()
    table = trade_table(prints, symbols)
    return minute_parts(table, symbols.names, COMPILED)


def trade(
    price: float,
    size: float = 100.0,
    *,
    second: float = 1.0,
    number: int = 0,
    conditions: tuple[float, ...] = (),
) -> MinutePart:
    at = minute(number) + timedelta(seconds=second)
    return part_of(Print(at, price, size, conditions))


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

    assert list(bars.advance(minute(2))) == []


def test_a_minute_that_no_print_may_open_has_no_bar() -> None:
    bars = builder()
    bars.add(trade(10.0, conditions=(37,)))

    assert list(bars.advance(minute(2))) == []


def test_what_may_not_make_the_price_still_makes_the_volume() -> None:
    bars = builder()
    for price, conditions in ((10.0, ()), (11.0, (22,)), (99.0, (2,)), (50.0, (15,)), (9.0, (38,))):
        bars.add(trade(price, conditions=conditions))

    (raw,) = bars.advance(minute(2))

    assert [raw[name] for name in ("open", "high", "low", "close")] == [10.0, 11.0, 9.0, 9.0]
    assert (raw["volume"], raw["trades"]) == (300.0, 3)


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


ids = st.sampled_from([0, 2, 5, 10, 12, 14, 15, 16, 22, 32, 37, 38, 53, 62, 63, 99])
prints = st.builds(
    Print,
    at=st.floats(-3600, 90_000).map(lambda seconds: minute(0) + timedelta(seconds=int(seconds))),
    price=st.integers(1, 1000).map(float),
    size=st.integers(0, 1000).map(float),
    conditions=st.lists(ids, max_size=3).map(lambda found: tuple(map(float, found))),
    symbol=st.sampled_from(["AAA", "BBB"]),
    correction=st.sampled_from([0.0, 1.0, 7.0, 8.0, 12.0]),
)


@given(st.lists(prints, max_size=40), st.integers(1, 40))
def test_the_desk_s_columns_build_the_bars_of_the_plain_rules(
    tape: list[Print], batch: int
) -> None:
    plain, columns = builder(), builder()
    for each in tape:
        plain.add(part_of(each))
    for first in range(0, len(tape), batch):
        for part in parts_of(tape[first : first + batch]):
            columns.add(part)

    late = minute(0) + timedelta(days=3)
    assert list(columns.advance(late)) == list(plain.advance(late))


sizes = st.floats(0.01, 10_000)
prices = st.floats(0.01, 10_000)


@given(st.lists(st.tuples(prices, sizes, st.floats(0, 59.9)), min_size=1, max_size=30))
def test_every_bar_built_passes_the_door(trades: list[tuple[float, float, float]]) -> None:
    bars, door = builder(), BarDoor(["AAA"])
    for price, size, second in trades:
        bars.add(trade(price, size, second=second))

    (raw,) = bars.advance(minute(2))

    assert isinstance(door.judge(raw, now=CLOSE), Accepted)
