from collections import Counter
from datetime import UTC, datetime

from local.market.bars import MINUTE_MS, RawBar, epoch_ms, instant
from local.market.timeline import Step, timeline

OPEN = epoch_ms(datetime(2013, 10, 7, 13, 30, tzinfo=UTC))
CLOSE = epoch_ms(datetime(2013, 10, 7, 20, 0, tzinfo=UTC))


def bar(start_ms: int, symbol: str = "IBM", high: float = 11.0) -> RawBar:
    return RawBar(symbol, start_ms, 10.0, high, 9.0, 10.5, 400.0)


def steps_at(*starts: int) -> list[Step]:
    return list(timeline((start, [bar(start)]) for start in starts))


def offsets(steps: list[Step], origin: int = OPEN) -> list[tuple[str, int]]:
    return [(step.kind, step.at_ms - origin) for step in steps]


def test_a_minute_in_session_has_four_prices_its_bar_and_a_settling() -> None:
    steps = steps_at(OPEN)

    assert offsets(steps)[:6] == [
        ("price", 5_000),
        ("price", 20_000),
        ("price", 35_000),
        ("price", 50_000),
        ("minute", 60_050),
        ("settle", 62_000),
    ]
    assert steps[4].bars == (bar(OPEN),)
    assert {step.minute_ms for step in steps[:6]} == {OPEN}


def test_a_minute_outside_the_session_has_no_prices() -> None:
    assert [step.kind for step in steps_at(OPEN - MINUTE_MS)] == ["minute", "settle"]


def test_only_sound_bars_of_their_own_minute_make_prices() -> None:
    bars = [bar(OPEN, "BAD", high=1.0), bar(OPEN - MINUTE_MS, "LATE"), bar(OPEN), bar(OPEN)]

    steps = list(timeline([(OPEN, bars)]))

    assert [point.symbol for point in steps[0].points] == ["IBM"]
    assert steps[4].bars == tuple(bars)


def test_up_to_five_minutes_without_data_are_walked_through() -> None:
    kinds = Counter(step.kind for step in steps_at(OPEN, OPEN + 6 * MINUTE_MS)[:-2])

    assert kinds == {"price": 8, "minute": 7, "settle": 7}


def test_a_longer_gap_is_jumped_to_a_minute_before_the_next_bar() -> None:
    steps = steps_at(OPEN, OPEN + 7 * MINUTE_MS)

    assert offsets(steps)[6] == ("idle", 6 * MINUTE_MS)
    assert steps[7].kind == "price"


def test_the_night_is_jumped_with_stops_at_the_close_and_half_an_hour_later() -> None:
    next_open = OPEN + 24 * 60 * MINUTE_MS
    steps = steps_at(CLOSE - 30 * MINUTE_MS, next_open)

    idle = [step.at_ms for step in steps if step.kind == "idle"]
    assert idle[:3] == [CLOSE, CLOSE + 30 * MINUTE_MS, next_open - MINUTE_MS]


def test_a_run_ends_half_an_hour_after_the_close_of_its_last_day() -> None:
    steps = steps_at(CLOSE - MINUTE_MS)

    assert [instant(step.at_ms) for step in steps if step.kind == "idle"] == [
        datetime(2013, 10, 7, 20, 30, tzinfo=UTC)
    ]


def test_time_never_runs_backwards() -> None:
    starts = [OPEN - 40 * MINUTE_MS, OPEN, OPEN + MINUTE_MS, CLOSE + 50 * MINUTE_MS]
    times = [step.at_ms for step in steps_at(*starts)]

    assert times == sorted(times)
    assert len(set(times)) == len(times)
