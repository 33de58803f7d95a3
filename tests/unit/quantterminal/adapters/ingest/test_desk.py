"""The desk: rows in, checked rows out, and what it remembers of each symbol."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.ingest.desk import NumpyTickDesk
from quantterminal.adapters.polygon.codec import Trade
from quantterminal.ports.ticks import Tabled, TickBatch
from quantterminal.ports.watermarks import Quote as BoardQuote
from tests.unit.quantterminal.adapters.ingest.ticks import NOW, NOW_MS, later, quote, trade

DAY_MS = 86_400_000


def sequences(batch: TickBatch | None) -> list[int]:
    return [] if batch is None else batch.trades["sequence"].tolist()


def tabled(desk: NumpyTickDesk, *trades: Trade) -> Tabled:
    return desk.table(trades, [], now=NOW, number=1)


def test_rows_carry_what_came() -> None:
    found = NumpyTickDesk().table(
        [trade(7, conditions=(14, 41)), trade(8, "BBB", size=1.5)], [quote(9)], now=NOW, number=5
    )

    batch = found.batch
    assert (batch.number, list(batch.symbols)) == (5, ["AAA", "BBB"])
    assert batch.trades["price"].tolist() == [10.0, 10.0]
    assert batch.trades["size"].tolist() == [100.0, 1.5]
    assert batch.trades["conditions"].tolist() == [1 << 14 | 1 << 41, 0]
    assert batch.trades["at_ms"].tolist() == [NOW_MS, NOW_MS]
    assert batch.quotes["bid"].tolist() == [9.99]
    assert found.seen == {"AAA", "BBB"}
    assert (found.doubtful, found.refused) == (None, [])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (trade(1, price=0.0), "TICK_BAD_PRICE"),
        (trade(1, price=-1.0), "TICK_BAD_PRICE"),
        (trade(1, price=float("nan")), "TICK_BAD_PRICE"),
        (trade(1, size=-1.0), "TICK_BAD_SIZE"),
        (trade(1, at_ms=0), "TICK_BAD_TIME"),
        (trade(1, at_ms=1e300), "TICK_BAD_TIME"),
        (trade(1, at_ms=float("nan")), "TICK_BAD_TIME"),
    ],
)
def test_f30_garbage_is_refused_and_kept_and_its_neighbours_are_not(
    wrong: Trade, code: str
) -> None:
    found = tabled(NumpyTickDesk(), trade(1), wrong, trade(2))

    assert sequences(found.batch) == [1, 2]
    (refused,) = found.refused
    assert (refused.symbol, refused.code) == ("AAA", code)
    assert json.loads(refused.raw)["sequence"] == 1


def test_f30_ten_times_the_price_is_no_price_until_it_is_said_ten_times() -> None:
    desk = NumpyTickDesk()
    tabled(desk, trade(1))

    found = [tabled(desk, trade(number, price=100.0)) for number in range(2, 13)]

    assert [bool(each.refused) for each in found] == [True] * 9 + [False] * 2


def test_crossed_and_one_sided_quotes_are_kept_and_are_no_price_for_the_board() -> None:
    desk = NumpyTickDesk()
    quotes = [quote(1), quote(2, bid=0.0), quote(3, bid=11.0), quote(4, "BBB", bid=0.0)]

    found = desk.table([], quotes, now=NOW, number=1)

    assert len(found.batch.quotes) == 4
    assert desk.take_quotes() == {"AAA": BoardQuote(Decimal("9.99"), Decimal("10.01"), NOW)}
    assert desk.take_quotes() == {}


def test_what_is_not_numbered_above_its_predecessor_is_doubtful() -> None:
    desk = NumpyTickDesk()

    found = tabled(desk, trade(5), trade(3, "BBB"), trade(5), trade(6), trade(4), trade(4, "BBB"))
    again = tabled(desk, trade(6), trade(7))

    assert sequences(found.batch) == [5, 3, 6, 4]
    assert sequences(found.doubtful) == [5, 4]
    assert found.doubtful is not None
    assert found.doubtful.only_missing
    assert (sequences(again.batch), sequences(again.doubtful)) == ([7], [6])


def test_numbers_start_over_each_day() -> None:
    desk = NumpyTickDesk()
    tabled(desk, trade(900, at_ms=NOW_MS - DAY_MS))

    assert sequences(tabled(desk, trade(1)).batch) == [1]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 20)), max_size=60))
def test_every_print_is_fresh_or_doubtful_and_fresh_ones_rise(
    tape: list[tuple[str, int]],
) -> None:
    desk, highest, fresh, doubtful = NumpyTickDesk(), {}, [], []  # type: ignore[var-annotated]  # filled below
    for first in range(0, len(tape), 7):
        part = tape[first : first + 7]
        found = tabled(desk, *(trade(number, symbol) for symbol, number in part))
        fresh += sequences(found.batch)
        doubtful += sequences(found.doubtful)
    expected_fresh, expected_doubtful = [], []
    for symbol, number in tape:
        (expected_fresh if number > highest.get(symbol, 0) else expected_doubtful).append(number)
        highest[symbol] = max(number, highest.get(symbol, 0))

    assert (fresh, doubtful) == (expected_fresh, expected_doubtful)


def test_of_history_only_what_the_stream_has_not_brought_since_the_gap() -> None:
    desk = NumpyTickDesk()
    tabled(desk, trade(1), trade(2))
    desk.mark_gap()
    tabled(desk, trade(5), trade(6))

    again = [trade(number) for number in (2, 3, 4, 5, 6)]
    found = desk.table_history(again, now=NOW, number=9)

    assert sequences(found.batch) == [2, 3, 4]
    assert found.batch.only_missing
    assert desk.last_trade_ms("AAA") == NOW_MS
    assert desk.last_trade_ms("ZZZ") is None


def test_what_the_stream_brings_after_history_did_is_doubtful() -> None:
    desk = NumpyTickDesk()
    tabled(desk, trade(1))
    desk.mark_gap()
    desk.table_history([trade(2), trade(3)], now=NOW, number=2)

    found = tabled(desk, trade(3), trade(4))

    assert (sequences(found.batch), sequences(found.doubtful)) == ([4], [3])


def test_quotes_are_conflated_where_that_is_wanted() -> None:
    desk = NumpyTickDesk(quotes_every_ms=250)
    late = (0, 10, 20, 260, 270, 300)
    quotes = [quote(number, late_ms=each) for number, each in enumerate(late)]

    first = desk.table([], quotes[:5], now=NOW, number=1)
    second = desk.table([], quotes[5:], now=NOW, number=2)

    assert first.batch.quotes["sequence"].tolist() == [2, 4]
    assert second.batch.quotes["sequence"].tolist() == []


def test_lags_are_of_the_tape_s_time() -> None:
    desk = NumpyTickDesk()
    desk.table([trade(1), trade(2)], [quote(3)], now=later(0.02), number=1)
    found = tabled(desk, trade(4))
    desk.committed(found.batch, later(0.05))

    lags = desk.take_lags()

    assert (lags["received_p50"], lags["committed_p99"]) == (20.0, 50.0)
    assert desk.take_lags() == {}


def test_more_symbols_than_there_was_room_for() -> None:
    desk = NumpyTickDesk()
    tabled(desk, trade(1, "S0"))

    found = tabled(desk, *(trade(2, f"S{number}") for number in range(500)))

    assert len(found.batch) == 500
    assert sequences(tabled(desk, trade(2, "S0")).doubtful) == [2]
