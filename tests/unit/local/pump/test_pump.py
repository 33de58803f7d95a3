from datetime import UTC, datetime
from pathlib import Path

from local.pump.pump import Pump
from local.pump.scheduler import Scheduler
from tests.unit.local.pump.sources import ListSource


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2024, 3, 4, 15, 0, tzinfo=UTC)

    def stamp_ns(self) -> int:
        return 0


def pump(sources: list[ListSource], folder: Path) -> Pump:
    scheduler = Scheduler((), started=StoppedClock().now(), memory=folder / "schedules.json")
    return Pump(sources, {}, scheduler=scheduler, clock=StoppedClock())


def test_a_drain_follows_the_order_of_the_pipeline_until_nothing_is_left(tmp_path: Path) -> None:
    log: list[str] = []
    bars, signals, orders = (ListSource(name, log) for name in ("bars", "signals", "orders"))
    bars.items = ["b1", "b2"]
    bars.feeds = {"b1": (signals, "s1"), "b2": (signals, "s2")}
    signals.feeds = {"s1": (orders, "o1")}
    orders.feeds = {"o1": (signals, "s3")}  # a re-pricing goes back

    drained = pump([bars, signals, orders], tmp_path).drain()

    assert log == ["bars:b1", "bars:b2", "signals:s1", "signals:s2", "orders:o1", "signals:s3"]
    assert drained.handled.messages == 6
    assert drained.fired == ()


def test_only_the_named_queues_are_drained(tmp_path: Path) -> None:
    log: list[str] = []
    bars, signals = ListSource("bars", log), ListSource("signals", log)
    bars.items, signals.items = ["b1"], ["s1"]

    pump([bars, signals], tmp_path).drain(["signals"])

    assert log == ["signals:s1"]


def test_what_an_earlier_queue_is_fed_later_is_not_missed(tmp_path: Path) -> None:
    log: list[str] = []
    sources = [ListSource(name, log) for name in "abcd"]
    a, b, c, d = sources
    d.items = ["1"]
    d.feeds = {"1": (b, "2")}
    b.feeds = {"2": (c, "3")}
    c.feeds = {"3": (a, "4")}

    pump(sources, tmp_path).drain()

    assert log == ["d:1", "b:2", "c:3", "a:4"]
