"""The lane: every print stored exactly once, whatever the store does in between."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.ingest.desk import NumpyTickDesk
from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.tape import MemorySpool, MemoryTickStore
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import AmbiguousError, PermanentError, RetryableError
from quantterminal.ports.ticks import TickBatch, TicksSeen
from quantterminal.services.tick_lane import TickLane
from tests.unit.quantterminal.adapters.ingest.ticks import NOW, quote, trade


class Fickle(MemoryTickStore):
    """Does as the plan says, one word a call: well, away, or done with nobody being told."""

    def __init__(self, plan: list[str]) -> None:
        super().__init__()
        self.plan = plan

    def store(self, batch: TickBatch) -> int:
        word = self.plan.pop(0) if self.plan else "well"
        if word == "away":
            raise RetryableError("away")
        stored = super().store(batch)
        if word == "unknown":
            raise AmbiguousError("the connection broke during commit")
        return stored


class WallClock(MemoryClock):
    """Its stamps follow its time, so that waiting before the next try ends."""

    def stamp_ns(self) -> int:
        return int(self.now().timestamp() * 1e9)


class Around:
    def __init__(self, plan: list[str] | None = None, *, quotes_up_to: int = 10**9) -> None:
        self.clock = WallClock(NOW)
        self.store = Fickle(plan or [])
        self.spool = MemorySpool()
        self.telemetry = MemoryTelemetry()
        self.lane = TickLane(
            NumpyTickDesk(),
            self.store,
            self.spool,
            clock=self.clock,
            telemetry=self.telemetry,
            quotes_up_to=quotes_up_to,
        )

    def absorb(self, *sequences: int) -> None:
        self.clock.forward(timedelta(seconds=1))
        seen = TicksSeen([trade(each) for each in sequences], [quote(each) for each in sequences])
        self.lane.absorb(seen, now=self.clock.now())

    def drain(self) -> None:
        while self.lane.is_behind:
            self.clock.forward(timedelta(seconds=1))
            self.lane.drain(self.clock.now())

    def stored(self) -> list[int]:
        return [sequence for _, _, sequence, *_ in self.store.trades]


def test_what_comes_is_stored_at_once() -> None:
    around = Around()

    around.absorb(1, 2)

    assert around.stored() == [1, 2]
    assert len(around.store.quotes) == 2
    assert around.lane.counts.stored == 4
    assert not around.lane.is_behind


def test_f40_while_the_store_is_away_batches_wait_on_disk_and_follow_in_order() -> None:
    around = Around(["away"])
    around.store.is_down = True
    for number in range(1, 4):
        around.absorb(number)
    assert around.stored() == []
    assert around.lane.is_behind

    around.store.is_down = False
    around.absorb(4)
    around.drain()

    assert around.stored() == [1, 2, 3, 4]


def test_f40_a_commit_that_nobody_knows_of_is_not_done_twice() -> None:
    around = Around(["unknown", "unknown"])

    around.absorb(1)
    around.absorb(2)
    around.drain()

    assert around.stored() == [1, 2]


@given(
    st.lists(st.sampled_from(["well", "away", "unknown"]), max_size=20),
    st.lists(st.lists(st.integers(1, 12), max_size=4), max_size=8),
)
def test_every_print_is_stored_exactly_once(plan: list[str], tape: list[list[int]]) -> None:
    around = Around(list(plan))

    for batch in tape:
        around.absorb(*batch)
    around.drain()

    assert sorted(around.stored()) == sorted({each for batch in tape for each in batch})


def test_quotes_give_way_on_a_full_disk_and_trades_do_not() -> None:
    around = Around(quotes_up_to=1_500)
    around.store.is_down = True
    for number in range(1, 5):
        around.absorb(number)
    around.store.is_down = False
    around.drain()

    assert around.stored() == [1, 2, 3, 4]
    assert len(around.store.quotes) == 2
    assert around.lane.counts.thinned == 2


def test_a_gap_is_filled_once_and_without_what_the_stream_brought() -> None:
    around = Around()
    around.absorb(1, 2)
    around.lane.desk.mark_gap()
    around.absorb(6)

    history = [trade(number) for number in range(1, 7)]
    filled = [around.lane.fill(history, now=NOW) for _ in range(2)]

    assert filled == [3, 0]
    assert sorted(around.stored()) == [1, 2, 3, 4, 5, 6]
    assert around.lane.counts.filled == 3


def test_a_gap_waits_until_the_disk_is_empty() -> None:
    around = Around()
    around.store.is_down = True
    around.absorb(1)

    with pytest.raises(RetryableError, match="away"):
        around.lane.fill([trade(1)], now=NOW)


def test_a_gap_begins_where_an_earlier_life_ended() -> None:
    around = Around()
    assert around.lane.last_trade_at("AAA") is None

    around.absorb(1)

    assert around.lane.last_trade_at("AAA") == NOW


def test_refused_ticks_are_counted_and_kept() -> None:
    around = Around()

    around.lane.absorb(TicksSeen([trade(1, price=0.0)]), now=NOW)

    assert around.lane.counts.refused == 1
    assert [each.code for each in around.store.refused] == ["TICK_BAD_PRICE"]
    assert around.telemetry.named("ticks_refused") == [{"rows": 1, "codes": "TICK_BAD_PRICE"}]


def test_f26_an_earlier_holder_of_the_lease_writes_no_more() -> None:
    around = Around()
    around.lane.fence(2)
    around.absorb(1)

    around.lane.fence(1)

    with pytest.raises(PermanentError, match="fence"):
        around.absorb(2)
