"""Every raw bar is exactly one of accepted, revised, duplicate and quarantined."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.ports.bar_store import Quarantined
from quantterminal.ports.feed import RawBar
from quantterminal.services.bar_door import Accepted, BarCode, BarDoor, Duplicate, Revised
from tests.unit.quantterminal.services.sample_bars import CLOSE, OPEN, minute, raw

NOW = CLOSE
NAN, INFINITY = float("nan"), float("inf")


def door() -> BarDoor:
    return BarDoor(["AAA", "BBB"])


def code_of(verdict: object) -> str:
    assert isinstance(verdict, Quarantined)
    return verdict.code


def test_a_good_bar_is_accepted_as_it_is() -> None:
    verdict = door().judge(raw(), now=NOW)

    assert isinstance(verdict, Accepted)
    assert (verdict.bar.symbol, verdict.bar.start, verdict.bar.revision) == ("AAA", OPEN, 0)
    assert (verdict.bar.vwap, verdict.bar.trades) == (10.2, 7)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "ZZZ"}, BarCode.UNKNOWN_SYMBOL),
        ({"symbol": None}, BarCode.UNKNOWN_SYMBOL),
        ({"symbol": ["AAA"]}, BarCode.UNKNOWN_SYMBOL),
        ({"start": None}, BarCode.NOT_A_MINUTE),
        ({"start": "2024-03-04"}, BarCode.NOT_A_MINUTE),
        ({"start": datetime(2024, 3, 4, 14, 30)}, BarCode.NOT_A_MINUTE),  # noqa: DTZ001 - the case
        ({"start": OPEN + timedelta(seconds=1)}, BarCode.NOT_A_MINUTE),
        ({"start": OPEN + timedelta(microseconds=1)}, BarCode.NOT_A_MINUTE),
        ({"open": None}, BarCode.NOT_A_NUMBER),
        ({"high": NAN}, BarCode.NOT_A_NUMBER),
        ({"low": INFINITY}, BarCode.NOT_A_NUMBER),
        ({"close": "10.5"}, BarCode.NOT_A_NUMBER),
        ({"close": True}, BarCode.NOT_A_NUMBER),
        ({"volume": None}, BarCode.NOT_A_NUMBER),
        ({"volume": 10**400}, BarCode.NOT_A_NUMBER),
        ({"high": 8.0}, BarCode.HIGH_BELOW_LOW),
        ({"volume": -1}, BarCode.NEGATIVE_VOLUME),
        ({"start": OPEN - timedelta(minutes=1)}, BarCode.OUTSIDE_SESSION),
        ({"start": CLOSE}, BarCode.OUTSIDE_SESSION),
        ({"start": OPEN - timedelta(days=1)}, BarCode.OUTSIDE_SESSION),
        ({"start": datetime(1999, 3, 4, 15, 0, tzinfo=UTC)}, BarCode.OUTSIDE_SESSION),
        ({"open": 0.0, "low": 0.0}, BarCode.BAD_BAR),
        ({"low": -1.0}, BarCode.BAD_BAR),
        ({"close": 12.0}, BarCode.BAD_BAR),
    ],
)
def test_a_bad_bar_is_quarantined_with_a_stable_code(changes: dict[str, Any], code: str) -> None:
    verdict = door().judge(raw(**changes), now=NOW)

    assert code_of(verdict) == code
    assert isinstance(verdict, Quarantined)
    assert verdict.detail
    assert verdict.at == NOW


def test_a_start_in_another_zone_is_the_same_minute() -> None:
    there = OPEN.astimezone(timezone(timedelta(hours=-5)))

    verdict = door().judge(raw(start=there), now=NOW)

    assert isinstance(verdict, Accepted)
    assert verdict.bar.start.tzinfo is UTC


@pytest.mark.parametrize("odd", [NAN, "x", None, True])
def test_vwap_and_trades_are_left_out_when_they_are_no_numbers(odd: object) -> None:
    verdict = door().judge(raw(vwap=odd, trades=odd), now=NOW)

    assert isinstance(verdict, Accepted)
    assert (verdict.bar.vwap, verdict.bar.trades) == (None, None)


def test_the_same_values_again_are_a_duplicate_whatever_vwap_and_trades_say() -> None:
    gate = door()
    gate.judge(raw(), now=NOW)

    assert isinstance(gate.judge(raw(vwap=None, trades=None), now=NOW), Duplicate)


def test_f28_other_values_for_a_minute_that_was_seen_are_a_revision() -> None:
    gate = door()
    gate.judge(raw(number=0), now=NOW)
    gate.judge(raw(number=1), now=NOW)

    first = gate.judge(raw(number=0, close=10.6), now=NOW)
    second = gate.judge(raw(number=0, close=10.7), now=NOW)
    again = gate.judge(raw(number=0, close=10.7), now=NOW)

    assert isinstance(first, Revised)
    assert first.bar.revision == 1
    assert isinstance(second, Revised)
    assert (second.bar.revision, second.bar.close) == (2, 10.7)
    assert isinstance(again, Duplicate)


def test_a_minute_that_was_never_seen_and_is_earlier_goes_backwards() -> None:
    gate = door()
    gate.judge(raw(number=5), now=NOW)

    assert code_of(gate.judge(raw(number=4), now=NOW)) == BarCode.TIME_BACKWARDS


def test_after_the_revision_window_a_minute_that_was_seen_goes_backwards_too() -> None:
    gate = door()
    gate.judge(raw(number=0), now=NOW)
    gate.judge(raw(number=15), now=NOW)
    in_time = gate.judge(raw(number=0, close=10.6), now=NOW)
    gate.judge(raw(number=16), now=NOW)

    assert isinstance(in_time, Revised)
    assert code_of(gate.judge(raw(number=0, close=10.7), now=NOW)) == BarCode.TIME_BACKWARDS


def test_symbols_do_not_disturb_each_other() -> None:
    gate = door()
    gate.judge(raw("AAA", 5), now=NOW)

    assert isinstance(gate.judge(raw("BBB", 4), now=NOW), Accepted)


def test_a_refused_bar_leaves_no_trace_in_the_order_of_times() -> None:
    gate = door()
    gate.judge(raw(number=5, close=NAN), now=NOW)

    assert isinstance(gate.judge(raw(number=4), now=NOW), Accepted)


def test_a_repeated_delivery_has_the_same_key_and_another_bar_has_not() -> None:
    first, again, other = (
        door().judge(raw(close=close, start=minute(number)), now=NOW)
        for close, number in ((NAN, 0), (NAN, 0), (NAN, 1))
    )

    assert isinstance(first, Quarantined)
    assert isinstance(again, Quarantined)
    assert isinstance(other, Quarantined)
    assert first.key == again.key != other.key


values = st.one_of(
    st.none(), st.floats(), st.integers(-5, 20), st.text(max_size=3), st.sampled_from([10.0, 9.0])
)
raws = st.builds(
    lambda symbol, number, changes: raw(symbol, number, **changes),
    st.sampled_from(["AAA", "BBB", "ZZZ"]),
    st.integers(-2, 30),
    st.dictionaries(st.sampled_from(["open", "high", "low", "close", "volume", "vwap"]), values),
)


@given(st.lists(raws, max_size=40))
def test_every_bar_has_one_verdict_and_accepted_ones_go_forward(bars: list[RawBar]) -> None:
    gate = door()
    verdicts = [gate.judge(each, now=NOW) for each in bars]

    kinds = (Accepted, Revised, Duplicate, Quarantined)
    assert all(sum(isinstance(verdict, kind) for kind in kinds) == 1 for verdict in verdicts)
    for symbol in ("AAA", "BBB"):
        starts = [
            verdict.bar.start
            for verdict in verdicts
            if isinstance(verdict, Accepted) and verdict.bar.symbol == symbol
        ]
        assert starts == sorted(set(starts))


def at_level(minute_number: int, factor: float) -> RawBar:
    row = raw(start=minute(minute_number))
    return row | {name: row[name] * factor for name in ("open", "high", "low", "close")}


@pytest.mark.parametrize("factor", [10.0, 0.1, 2.5, 0.3])
def test_f30_a_price_that_jumps_within_a_session_is_not_believed(factor: float) -> None:
    at_the_door = door()
    at_the_door.judge(at_level(0, 1.0), now=NOW)

    assert code_of(at_the_door.judge(at_level(1, factor), now=NOW)) == BarCode.PRICE_JUMP
    assert code_of(at_the_door.judge(at_level(0, factor), now=NOW)) == BarCode.PRICE_JUMP
    assert isinstance(at_the_door.judge(at_level(1, 1.0), now=NOW), Accepted)


def test_f30_a_second_minute_at_the_new_level_is_a_fact() -> None:
    at_the_door = door()
    at_the_door.judge(at_level(0, 1.0), now=NOW)

    assert code_of(at_the_door.judge(at_level(1, 3.0), now=NOW)) == BarCode.PRICE_JUMP
    assert code_of(at_the_door.judge(at_level(1, 3.0), now=NOW)) == BarCode.PRICE_JUMP
    assert isinstance(at_the_door.judge(at_level(2, 3.0), now=NOW), Accepted)
    assert isinstance(at_the_door.judge(at_level(3, 3.1), now=NOW), Accepted)


def test_f30_two_jumps_that_disagree_are_both_refused() -> None:
    at_the_door = door()
    at_the_door.judge(at_level(0, 1.0), now=NOW)

    assert code_of(at_the_door.judge(at_level(1, 10.0), now=NOW)) == BarCode.PRICE_JUMP
    assert code_of(at_the_door.judge(at_level(2, 0.1), now=NOW)) == BarCode.PRICE_JUMP


def test_f30_another_session_begins_at_another_level_when_two_minutes_say_so() -> None:
    at_the_door = door()
    at_the_door.judge(at_level(0, 1.0), now=NOW)
    tomorrow = [
        at_level(number, 3.0) | {"start": OPEN + timedelta(days=1, minutes=number)}
        for number in range(2)
    ]

    assert code_of(at_the_door.judge(tomorrow[0], now=NOW)) == BarCode.PRICE_JUMP
    assert isinstance(at_the_door.judge(tomorrow[1], now=NOW), Accepted)


@pytest.mark.parametrize(
    ("factor", "believed"), [(0.6, True), (1.6, True), (10.0, False), (0.1, False)]
)
def test_f30_a_first_bar_is_compared_with_the_close_of_an_earlier_life(
    factor: float, *, believed: bool
) -> None:
    at_the_door = door()
    at_the_door.expect({"AAA": 10.5 * factor})

    verdict = at_the_door.judge(raw(), now=NOW)

    assert isinstance(verdict, Accepted) is believed
    assert at_the_door.unconfirmed == set()


def test_f30_a_first_bar_with_nothing_to_compare_with_is_unconfirmed_until_the_second() -> None:
    at_the_door = door()

    assert isinstance(at_the_door.judge(at_level(0, 10.0), now=NOW), Accepted)
    assert at_the_door.unconfirmed == {"AAA"}
    assert code_of(at_the_door.judge(at_level(1, 1.0), now=NOW)) == BarCode.PRICE_JUMP
    assert at_the_door.unconfirmed == {"AAA"}
    assert isinstance(at_the_door.judge(at_level(2, 1.0), now=NOW), Accepted)
    assert at_the_door.unconfirmed == set()
