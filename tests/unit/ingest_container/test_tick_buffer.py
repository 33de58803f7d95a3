"""Bounded, in order, and quotes give way to trades."""

import pytest

from ingest_container.sockets import BufferFullError
from ingest_container.tick_buffer import MOST_AT_ONCE, TickBuffer
from quantterminal.ports.ticks import TicksSeen
from tests.unit.quantterminal.adapters.ingest.ticks import quote, trade


def numbers(seen: TicksSeen) -> tuple[list[float], list[float]]:
    return [each.sequence for each in seen.trades], [each.sequence for each in seen.quotes]


def test_what_waits_is_taken_at_once_and_in_order() -> None:
    buffer = TickBuffer()
    for number in range(3):
        buffer.add(TicksSeen([trade(number)], [quote(number)]))
    assert len(buffer) == 6

    seen, is_marked = buffer.take()

    assert numbers(seen) == ([0, 1, 2], [0, 1, 2])
    assert not is_marked
    assert len(buffer) == 0


def test_a_mark_keeps_before_and_after_apart() -> None:
    buffer = TickBuffer()
    buffer.add(TicksSeen([trade(1)]))
    buffer.mark()
    buffer.add(TicksSeen([trade(2)]))

    first, second = buffer.take(), buffer.take()

    assert (numbers(first[0])[0], first[1]) == ([1], True)
    assert (numbers(second[0])[0], second[1]) == ([2], False)


def test_one_batch_is_never_too_large_and_its_mark_stands_behind_the_last() -> None:
    buffer = TickBuffer()
    buffer.add(TicksSeen([trade(number) for number in range(MOST_AT_ONCE + 1)]))
    buffer.mark()

    first, second = buffer.take(), buffer.take()

    assert (len(first[0]), first[1]) == (MOST_AT_ONCE, False)
    assert (numbers(second[0])[0], second[1]) == ([MOST_AT_ONCE], True)


def test_under_pressure_the_newest_quote_of_each_symbol_stays_and_every_trade() -> None:
    buffer = TickBuffer(most_quotes=10)
    for number in range(12):
        quotes = [quote(number, "AAA"), quote(100 + number, "BBB")]
        buffer.add(TicksSeen([trade(number)], quotes))

    seen, _ = buffer.take()

    assert len(seen.trades) == 12
    assert [each.sequence for each in seen.quotes][-2:] == [11, 111]
    assert len(seen.quotes) + buffer.thinned == 24
    assert len(seen.quotes) <= 10


def test_too_many_trades_drop_the_connection() -> None:
    buffer = TickBuffer(most_trades=2)
    buffer.add(TicksSeen([trade(1), trade(2)]))

    with pytest.raises(BufferFullError):
        buffer.add(TicksSeen([trade(3)]))
