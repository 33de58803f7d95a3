"""Minutes close once, in order, and the same however their bars arrive."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.bars import Bar
from quantterminal.domain.events import MinuteClosed
from quantterminal.services.minute_barrier import MinuteBarrier, bars_message
from tests.unit.quantterminal.services.sample_bars import bar, minute

SYMBOLS = ("AAA", "BBB", "CCC")
TIMEOUT_S = 2.0


def barrier() -> MinuteBarrier:
    return MinuteBarrier("acct", SYMBOLS, timeout_s=TIMEOUT_S)


def offered(gate: MinuteBarrier, *bars: Bar) -> list[MinuteClosed]:
    return [closed for each in bars for closed in gate.offer(each)]


def advanced(gate: MinuteBarrier, number: int, seconds: float = TIMEOUT_S) -> list[MinuteClosed]:
    return list(gate.advance(minute(number + 1) + timedelta(seconds=seconds)))


@pytest.mark.parametrize("order", list(permutations(SYMBOLS)))
def test_a_minute_closes_with_its_last_symbol_in_whatever_order(order: tuple[str, ...]) -> None:
    gate = barrier()

    *before, last = (offered(gate, bar(symbol)) for symbol in order)

    assert before == [[], []]
    assert last == [MinuteClosed("acct", 0, minute(0), tuple(bar(symbol) for symbol in SYMBOLS))]


def test_a_minute_with_symbols_missing_closes_at_its_time_out() -> None:
    gate = barrier()
    offered(gate, bar("CCC"), bar("AAA"))

    assert gate.next_due() == minute(1) + timedelta(seconds=2)
    assert advanced(gate, 0, 1.999) == []
    (closed,) = advanced(gate, 0)

    assert closed.bars == (bar("AAA"), bar("CCC"))
    assert closed.no_trade == ("BBB",)
    assert closed.late == ()
    assert gate.next_due() is None


def test_a_minute_in_which_nothing_traded_emits_nothing() -> None:
    gate = barrier()

    assert advanced(gate, 5) == []


def test_a_later_minute_that_is_complete_closes_the_earlier_one_first() -> None:
    gate = barrier()
    offered(gate, bar("AAA", 0))

    closed = offered(gate, *(bar(symbol, 1) for symbol in SYMBOLS))

    assert [each.minute for each in closed] == [minute(0), minute(1)]
    assert closed[0].no_trade == ("BBB", "CCC")


def test_a_bar_after_its_minute_comes_alone_and_is_marked_late() -> None:
    gate = barrier()
    offered(gate, bar("AAA"))
    advanced(gate, 0)

    (late,) = offered(gate, bar("BBB"))

    assert (late.bars, late.late, late.no_trade) == ((bar("BBB"),), ("BBB",), ())


def test_a_late_bar_behind_a_published_one_of_its_symbol_is_a_revision() -> None:
    gate = barrier()
    offered(gate, bar("AAA", 1))
    advanced(gate, 1)

    (late,) = offered(gate, bar("AAA", 0))

    assert (late.bars, late.revisions, late.late) == ((), (bar("AAA", 0),), ("AAA",))


def test_a_correction_travels_with_its_minute_while_that_is_open() -> None:
    gate = barrier()
    offered(gate, bar("AAA"))

    assert list(gate.revise(bar("AAA", revision=1, close=10.6))) == []
    (closed,) = advanced(gate, 0)

    assert closed.bars == (bar("AAA"),)
    assert closed.revisions == (bar("AAA", revision=1, close=10.6),)


def test_f28_a_correction_of_a_closed_minute_shows_no_bar_again() -> None:
    gate = barrier()
    offered(gate, bar("AAA"))
    advanced(gate, 0)

    (closed,) = gate.revise(bar("AAA", revision=1))

    assert closed.bars == ()
    assert closed.revisions == (bar("AAA", revision=1),)


def test_what_went_out_in_an_earlier_life_does_not_go_out_again() -> None:
    gate = barrier()
    gate.resume(minute(3))

    (earlier,) = offered(gate, bar("AAA", 2))
    offered(gate, bar("BBB", 3))
    (resumed,) = advanced(gate, 3)

    assert (earlier.bars, earlier.revisions) == ((), (bar("AAA", 2),))
    assert resumed.bars == (bar("BBB", 3),)


def test_the_stamp_is_that_of_the_last_arrival() -> None:
    gate = barrier()
    for stamp, symbol in ((5, "AAA"), (9, "BBB"), (7, "CCC")):
        closed = gate.offer(bar(symbol), received_ns=stamp)

    assert closed[0].received_ns == 9


def test_the_id_says_which_message_of_which_minute_it_is() -> None:
    gate = barrier()
    offered(gate, bar("AAA"))
    (closed,) = advanced(gate, 0)
    (late,) = offered(gate, bar("BBB"))
    (revised,) = gate.revise(bar("AAA", revision=2))

    names = [bars_message(each, at=minute(2)).id for each in (closed, late, revised)]

    stem = "bars:acct:0:2024-03-04T14:30:00+00:00"
    assert names[0].startswith(f"{stem}:without:")
    assert names[1:] == [f"{stem}:late:BBB", f"{stem}:revision:AAA.2"]
    message = bars_message(closed, at=minute(2))
    assert message.correlation_id == message.causation_id == message.id


def test_a_minute_that_goes_out_again_with_more_bars_is_another_message() -> None:
    first, fuller, whole = barrier(), barrier(), barrier()
    offered(first, bar("AAA"))
    offered(fuller, bar("AAA"), bar("BBB"))
    complete = offered(whole, bar("AAA"), bar("BBB"), bar("CCC"))
    closed = [*advanced(first, 0), *advanced(fuller, 0), *complete]

    names = [bars_message(each, at=minute(2)).id for each in closed]

    assert len(set(names)) == 3
    assert names[2] == "bars:acct:0:2024-03-04T14:30:00+00:00"


arrivals = st.lists(
    st.tuples(st.sampled_from(SYMBOLS), st.integers(0, 6)), max_size=30, unique=True
)


@given(arrivals, st.lists(st.integers(0, 8), max_size=6))
def test_each_bar_goes_out_once_and_minutes_strictly_in_order(
    pairs: list[tuple[str, int]], ticks: list[int]
) -> None:
    # per symbol forward, as the door lets them pass
    bars = sorted((bar(symbol, number) for symbol, number in pairs), key=lambda each: each.start)
    gate = barrier()
    closed: list[MinuteClosed] = []
    for position, each in enumerate(bars):
        closed += gate.offer(each)
        if position < len(ticks):
            closed += advanced(gate, ticks[position])
    closed += advanced(gate, 100)

    out = [each for minute_closed in closed for each in minute_closed.bars]
    assert sorted(out, key=key) == sorted(bars, key=key)
    on_time = [each.minute for each in closed if not each.late]
    assert on_time == sorted(set(on_time))
    for symbol in SYMBOLS:
        starts = [each.start for each in out if each.symbol == symbol]
        assert starts == sorted(starts)


@given(st.permutations([bar(symbol, number) for number in (0, 1) for symbol in SYMBOLS]))
def test_the_order_of_arrival_within_a_minute_changes_nothing(bars: list[Bar]) -> None:
    straight, mixed = barrier(), barrier()
    expected = offered(straight, *sorted(bars, key=key))

    result = [
        closed
        for number in (0, 1)
        for each in bars
        if each.start == minute(number)
        for closed in mixed.offer(each)
    ]

    assert result == expected


def key(each: Bar) -> tuple[object, str]:
    return (each.start, each.symbol)
