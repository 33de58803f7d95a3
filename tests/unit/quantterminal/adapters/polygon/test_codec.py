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

from quantterminal.adapters.polygon.codec import Status, decode, rest_bar
from quantterminal.ports.streams import BarSeen, QuoteSeen, SessionReport, TradeSeen
from quantterminal.ports.watermarks import Quote
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
LULD = {"ev": "LULD", "T": "MSFT", "h": 218.96, "l": 198.11, "i": [21], "z": 3, "t": 1, "q": 2}
START = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)
AT = datetime(2018, 9, 4, 4, 53, 38, 784000, tzinfo=UTC)
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
        Status("success", "subscribed to: AM.IBM"),
        BarSeen(BAR),
        TradeSeen("MSFT", 114.125, 100.0, AT),
        QuoteSeen("MSFT", Quote(Decimal("114.125"), Decimal("114.128"), AT)),
    ]


def test_an_unknown_event_does_not_take_its_neighbours_along() -> None:
    decoded = decode(json.dumps([LULD, AM, QUOTE]))

    assert decoded[0] == SessionReport("feed_event_unknown", {"ev": "LULD"})
    assert decoded[1:] == decode(json.dumps([AM, QUOTE]))


@pytest.mark.parametrize("neighbour", [None, LULD])
def test_whole_numbers_may_come_with_a_fraction(neighbour: dict[str, Any] | None) -> None:
    odd = {**AM, "v": 1283.0, "s": 1381152600000.0, "z": 427.0}
    frame = json.dumps([odd, *([neighbour] if neighbour else [])])

    assert decode(frame)[0] == BarSeen(BAR)


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
        {**TRADE, "p": -1},
        {**TRADE, "s": -1},
        {**TRADE, "t": None},
        {**QUOTE, "bp": "x"},
        {**QUOTE, "t": 1e300},
        {**TRADE, "sym": None},
    ],
)
def test_a_trade_or_quote_that_makes_no_sense_is_reported(event: dict[str, Any]) -> None:
    (report,) = decode(json.dumps([event]))

    assert isinstance(report, SessionReport)
    assert report.event == "feed_event_unreadable"


@pytest.mark.parametrize("change", [{"bp": 0}, {"ap": 0}, {"bp": 115.0}])
def test_one_sided_and_crossed_quotes_are_no_price(change: dict[str, Any]) -> None:
    assert decode(json.dumps([{**QUOTE, **change}])) == []


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


@pytest.mark.skipif(not SAMPLE.exists(), reason="the recorded frames are not part of the project")
def test_a_recorded_day_is_decoded_without_a_report() -> None:
    with gzip.open(SAMPLE, "rt") as frames:
        decoded = [event for frame in frames for event in decode(frame)]

    assert decoded
    assert all(isinstance(event, BarSeen) for event in decoded)
