import json
import math

from local.market.bars import RawBar
from local.market.feed_events import (
    AggregateEvents,
    Sequences,
    quote_event,
    rest_aggregate,
    trade_event,
)
from local.market.price_path import price_points
from local.market.wire import dumps

START = 1_381_152_600_000  # 2013-10-07 13:30 UTC, the open
DAY = 86_400_000


def bar(start_ms: int, close: float = 10.5, volume: float = 1_000.0) -> RawBar:
    return RawBar("IBM", start_ms, 10.0, 11.0, 9.0, close, volume)


def test_an_aggregate_accumulates_the_day_from_its_official_open() -> None:
    events = AggregateEvents()
    events.event(RawBar("IBM", START - 60_000, 8.0, 8.0, 8.0, 8.0, 500.0))
    events.event(bar(START))
    third = events.event(bar(START + 60_000, volume=2_000.0))

    assert third == {
        "ev": "AM",
        "sym": "IBM",
        "v": 2_000,
        "av": 3_500,
        "op": 10.0,
        "vw": 10.125,
        "o": 10.0,
        "c": 10.5,
        "h": 11.0,
        "l": 9.0,
        "a": 9.8214,
        "z": 500,
        "s": START + 60_000,
        "e": START + 120_000,
    }
    assert events.event(bar(START + DAY))["av"] == 1_000


def test_what_is_not_a_number_becomes_null() -> None:
    event = AggregateEvents().event(bar(START, close=math.nan, volume=math.inf))

    assert json.loads(dumps(event))["c"] is None
    assert event["v"] is None
    assert event["h"] == 11.0
    assert json.loads(dumps(rest_aggregate(bar(START, close=math.nan))))["c"] is None


def test_fractional_volume_comes_with_its_decimal_text() -> None:
    event = AggregateEvents().event(bar(START, volume=10.5))

    assert (event["v"], event["dv"], event["dav"]) == (10.5, "10.5", "10.5")


def test_quotes_and_trades_number_on_and_start_over_each_day() -> None:
    sequences = Sequences()
    first, second = (sequences.stamped(point) for point in price_points(bar(START))[:2])
    tomorrow = sequences.stamped(price_points(bar(START + DAY))[0])

    numbers = [quote_event(first)["q"], (trade_event(first) or {})["q"], quote_event(second)["q"]]
    assert numbers == [1, 2, 3]
    assert quote_event(tomorrow)["q"] == 1
    assert quote_event(first)["bp"] == 9.99
    assert "c" not in (trade_event(first) or {})


def test_a_point_without_shares_has_a_quote_and_no_trade() -> None:
    entry = Sequences().stamped(price_points(bar(START, volume=2.0))[0])

    assert trade_event(entry) is None
    assert quote_event(entry)["ap"] == 10.01
