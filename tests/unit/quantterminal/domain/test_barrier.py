from datetime import UTC, datetime, timedelta

import pytest

from quantterminal.domain.barrier import SHARD_SIZE, shards, universe

MINUTE = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
END = MINUTE + timedelta(minutes=1)
UNIVERSE = universe(("SPY", "IBM"), timeout_s=2.0)


@pytest.mark.parametrize(
    ("received", "after_s", "is_closed"),
    [
        (("IBM", "SPY"), -30, True),
        (("IBM",), 0, False),
        (("IBM",), 1.999999, False),
        (("IBM",), 2, True),
        ((), 2, True),
    ],
)
def test_a_minute_is_closed_by_the_last_symbol_or_by_time(
    received: tuple[str, ...], after_s: float, *, is_closed: bool
) -> None:
    now = END + timedelta(seconds=after_s)

    assert UNIVERSE.is_closed(MINUTE, received, now=now) is is_closed


def test_who_has_not_come_when_it_closes_did_not_trade() -> None:
    assert UNIVERSE.symbols == ("IBM", "SPY")
    assert UNIVERSE.times_out(MINUTE) == END + timedelta(seconds=2)
    assert UNIVERSE.without_trade(("SPY",)) == ("IBM",)
    assert UNIVERSE.without_trade(("SPY", "IBM")) == ()


def test_shards_are_sorted_and_hold_every_symbol_once() -> None:
    symbols = [f"S{number:04d}" for number in range(SHARD_SIZE * 2 + 1)]

    parts = shards(reversed(symbols))

    assert [len(part) for part in parts] == [SHARD_SIZE, SHARD_SIZE, 1]
    assert [symbol for part in parts for symbol in part] == symbols
