"""Frames in the vendor's shapes, tidy and untidy."""

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.polygon.codec import (
    Quote,
    Status,
    Trade,
    decode,
    decode_all,
    instant,
    rest_bar,
    rest_trade,
)
from quantterminal.domain.price_bands import PriceBand
from quantterminal.ports.streams import (
    BandSeen,
    BarSeen,
    FrameUnreadable,
    HaltSeen,
    SessionReport,
)
from quantterminal.ports.ticks import TicksSeen
from tests.project_files import ROOT

SAMPLE = ROOT.parent / "shared" / "data" / "wire" / "dev" / "IBM_20131007_AM.jsonl.gz"
AM: Mapping[str, Any] = {
    "ev": "AM",
    "sym": "IBM",
    "v": 1283,
    "av": 1283,
    "op": 181.52,
    "vw": 181.7382,
    "o": 181.52,
    "c": 181.8,
    "h": 181.8,
    "l": 181.52,
    "a": 181.7382,
    "z": 427,
    "s": 1381152600000,
    "e": 1381152660000,
    "dv": "1283.0",
    "dav": "1283.0",
}
TRADE: Mapping[str, Any] = {
    "ev": "T",
    "sym": "MSFT",
    "x": 4,
    "i": "12345",
    "z": 3,
    "p": 114.125,
    "s": 100,
    "c": [0, 12],
    "t": 1536036818784,
    "q": 3681328,
}
QUOTE: Mapping[str, Any] = {
    "ev": "Q",
    "sym": "MSFT",
    "bx": 4,
    "bp": 114.125,
    "bs": 100,
    "ax": 7,
    "ap": 114.128,
    "as": 160,
    "c": 0,
    "i": [604],
    "t": 1536036818784,
    "q": 50385480,
    "z": 3,
}
LULD = {
    "ev": "LULD",
    "T": "MSFT",
    "h": 218.96,
    "l": 198.11,
    "i": [21],
    "z": 3,
    "t": 1601316752683746,
    "q": 290317,
}
NOI = {"ev": "NOI", "T": "NTEST.Q", "t": 1601318039223013600, "at": 930, "a": "M", "i": 44}
FMV = {"ev": "FMV", "fmv": 189.22, "sym": "AAPL", "t": 1678220098130}
SECOND = {**AM, "ev": "A", "e": 1381152601000}
UNKNOWN = {"ev": "XYZ", "sym": "MSFT"}
START = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)
PRINT = Trade(
    symbol="MSFT",
    at_ms=1536036818784,
    price=114.125,
    size=100,
    sequence=3681328,
    conditions=(0, 12),
    exchange=4,
    tape=3,
)
OFFER = Quote(
    symbol="MSFT",
    at_ms=1536036818784,
    bid=114.125,
    ask=114.128,
    sequence=50385480,
    bid_size=100,
    ask_size=160,
    bid_exchange=4,
    ask_exchange=7,
    tape=3,
)
BAR = {
    "symbol": "IBM",
    "start": START,
    "open": 181.52,
    "high": 181.8,
    "low": 181.52,
    "close": 181.8,
    "volume": 1283.0,
    "vwap": 181.7382,
    "trades": None,
}


def test_all_kinds_in_one_frame() -> None:
    status = {"ev": "status", "status": "success", "message": "subscribed to: AM.IBM"}

    decoded = decode(json.dumps([status, AM, TRADE, QUOTE]))

    assert decoded == [
        TicksSeen([PRINT], [OFFER]),
        Status("success", "subscribed to: AM.IBM"),
        BarSeen(BAR),
    ]


def test_frames_that_came_together_say_what_they_say_alone() -> None:
    frames = [json.dumps([event]) for event in (AM, TRADE, QUOTE, TRADE)]

    assert decode_all(frames) == [TicksSeen([PRINT, PRINT], [OFFER]), BarSeen(BAR)]


@pytest.mark.parametrize("odd", ["<html>", json.dumps([UNKNOWN]), "[", json.dumps(UNKNOWN)])
def test_an_odd_frame_does_not_take_its_neighbours_along(odd: str) -> None:
    decoded = decode_all([json.dumps([TRADE]), odd.encode(), json.dumps([QUOTE, AM])])

    assert decoded[0] == TicksSeen([PRINT], [OFFER])
    assert BarSeen(BAR) in decoded
    assert len(decoded) == 3


def test_an_unknown_event_does_not_take_its_neighbours_along() -> None:
    decoded = decode(json.dumps([UNKNOWN, AM, QUOTE]))

    assert SessionReport("feed_event_unknown", {"ev": "XYZ"}) in decoded
    assert [each for each in decoded if not isinstance(each, SessionReport)] == decode(
        json.dumps([AM, QUOTE])
    )


def test_unknown_fields_are_passed_over() -> None:
    assert decode(json.dumps([{**TRADE, "new": {"a": [1]}}])) == [TicksSeen([PRINT], [])]


@pytest.mark.parametrize("kind", ["LULD", "NOI", "FMV", "A", "status"])
def test_every_documented_kind_is_known(kind: str) -> None:
    events = {each["ev"]: each for each in (LULD, NOI, FMV, SECOND, {"ev": "status"})}

    decoded = decode(json.dumps([events[kind], TRADE]))

    assert TicksSeen([PRINT], []) in decoded
    assert not any(isinstance(each, FrameUnreadable) for each in decoded)


def test_bands_and_imbalances_have_their_ticker_and_time_in_other_places() -> None:
    band, imbalance = decode(json.dumps([LULD, NOI]))

    assert band == BandSeen("MSFT", PriceBand(Decimal("198.11"), Decimal("218.96")))
    assert isinstance(imbalance, SessionReport)
    assert (imbalance.fields["symbol"], imbalance.fields["at"][:19]) == (
        "NTEST.Q",
        "2020-09-28 18:33:59",
    )


@pytest.mark.parametrize(
    ("indicators", "is_over"), [([17], False), ([18], True), ([17, 18], False), ([21, 17.0], False)]
)
def test_a_halt_and_its_end_are_indicators_of_a_band(
    indicators: list[float], *, is_over: bool
) -> None:
    (halt,) = decode(json.dumps([LULD | {"i": indicators}]))

    assert isinstance(halt, HaltSeen)
    assert (halt.symbol, halt.is_over) == ("MSFT", is_over)
    assert str(halt.at).startswith("2020-09-28 18:12:32.68")


@pytest.mark.parametrize(
    "changes", [{"h": None}, {"l": 0}, {"l": -1.0}, {"h": 1.0}, {"i": [17], "t": None, "l": None}]
)
def test_a_band_that_makes_no_sense_is_reported(changes: dict[str, Any]) -> None:
    (odd,) = decode(json.dumps([LULD | changes]))

    assert isinstance(odd, SessionReport)
    assert odd.event == "feed_price_band_odd"


@pytest.mark.parametrize(
    ("number", "year"),
    [(1678220098130, 2023), (1601316752683746, 2020), (1601318039223013600, 2020)],
)
def test_times_come_in_milliseconds_and_in_finer_units(number: int, year: int) -> None:
    at = instant(number)
    assert at is not None
    assert at.year == year


@pytest.mark.parametrize("event", [TRADE, QUOTE])
def test_whole_numbers_of_ticks_may_come_with_a_fraction(event: Mapping[str, Any]) -> None:
    floats = {
        name: float(value) if isinstance(value, int) else value for name, value in event.items()
    }

    assert decode(json.dumps([floats])) == decode(json.dumps([event]))


@pytest.mark.parametrize(
    ("exact", "size"), [("100.25", 100.25), ("many", 100.0), ("", 100.0), ("inf", 100.0)]
)
def test_the_decimal_string_is_the_exact_size(exact: str, size: float) -> None:
    (seen,) = decode(json.dumps([{**TRADE, "ds": exact}]))

    assert isinstance(seen, TicksSeen)
    assert seen.trades[0].size == size


def test_numbers_may_come_as_strings() -> None:
    (seen,) = decode(json.dumps([{**TRADE, "s": "100", "p": "114.125"}]))

    assert seen == TicksSeen([PRINT], [])


@pytest.mark.parametrize("neighbour", [None, LULD])
def test_whole_numbers_may_come_with_a_fraction(neighbour: dict[str, Any] | None) -> None:
    odd = {**AM, "v": 1283.0, "s": 1381152600000.0, "z": 427.0}
    frame = json.dumps([odd, *([neighbour] if neighbour else [])])

    assert BarSeen(BAR) in decode(frame)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"o": None}, {"open": None}),
        ({"v": None}, {"volume": None}),
        ({"o": "181.52"}, {"open": "181.52"}),
        ({"s": None}, {"start": None}),
        ({"s": "soon"}, {"start": None}),
        ({"s": 1e300}, {"start": None}),
        ({"vw": None}, {"vwap": None}),
        ({"dv": "1283.25"}, {"volume": 1283.25}),
        ({"dv": "many"}, {"volume": 1283}),
        ({"dv": None}, {"volume": 1283}),
        ({"dv": "nan"}, {"volume": 1283}),
    ],
)
def test_odd_values_are_handed_on_to_the_door(
    change: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert decode(json.dumps([{**AM, **change}])) == [BarSeen({**BAR, **expected})]


def test_a_number_that_json_does_not_know_is_still_a_bar() -> None:
    (seen,) = decode(json.dumps([{**AM, "h": float("nan")}]))

    assert isinstance(seen, BarSeen)
    assert seen.bar["high"] != seen.bar["high"]  # NaN, for the door to refuse


@pytest.mark.parametrize(
    "event",
    [
        {**TRADE, "p": None},
        {**TRADE, "t": None},
        {**QUOTE, "bp": "x"},
        {**TRADE, "sym": None},
    ],
)
def test_a_trade_or_quote_that_makes_no_sense_is_kept_as_it_came(event: dict[str, Any]) -> None:
    (report,) = decode(json.dumps([event]))

    assert isinstance(report, FrameUnreadable)
    assert report.raw == str(event)


def test_a_single_object_is_a_frame_too() -> None:
    assert decode(json.dumps(AM)) == [BarSeen(BAR)]


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_frame_raises(frame: bytes | str) -> None:
    assert isinstance(decode(frame), list)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.sampled_from([AM, TRADE, QUOTE]),
    st.dictionaries(
        st.sampled_from(["ev", "sym", "s", "o", "v", "dv", "t", "p", "bp"]), json_values
    ),
)
def test_no_event_raises(event: Mapping[str, Any], changes: dict[str, Any]) -> None:
    assert len(decode(json.dumps([{**event, **changes}, AM]))) >= 1


def test_a_row_of_the_aggregates() -> None:
    row = {"v": 1283.0, "vw": 181.7382, "o": 181.52, "c": 181.8, "h": 181.8, "l": 181.52}

    bar = rest_bar("IBM", {**row, "t": 1381152600000, "n": 3})

    assert bar == {**BAR, "trades": 3}


def test_a_row_of_the_trades_is_the_print_of_the_stream() -> None:
    row = {
        "sip_timestamp": 1536036818784123456,
        "price": 114.125,
        "size": 100,
        "sequence_number": 3681328,
        "conditions": [0, 12],
        "exchange": 4,
        "tape": 3,
    }

    assert rest_trade("MSFT", row) == PRINT
    assert rest_trade("MSFT", {**row, "sip_timestamp": None}) is None
    assert rest_trade("MSFT", {**row, "price": "x"}) is None


@pytest.mark.skipif(not SAMPLE.exists(), reason="the recorded frames are not part of the project")
def test_a_recorded_day_is_decoded_without_a_report() -> None:
    with gzip.open(SAMPLE, "rt") as frames:
        decoded = [event for frame in frames for event in decode(frame)]

    assert decoded
    assert all(isinstance(event, BarSeen) for event in decoded)
