from datetime import UTC, datetime, timedelta

from quantterminal.adapters.memory.queue_gauge import MemoryQueueGauge
from quantterminal.services.queue_watch import Queued, QueueWatch

START = datetime(2026, 11, 24, 15, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_an_age_runs_from_the_first_look_that_found_something() -> None:
    gauge = MemoryQueueGauge(bars=0, orders=0)
    watch = QueueWatch(gauge)

    assert watch.look(at(0)) == Queued(0, None)
    gauge.held["orders"] = 2
    assert watch.look(at(30)) == Queued(2, at(30))
    gauge.held["bars"] = 5
    assert watch.look(at(60)) == Queued(7, at(30))
    gauge.held["orders"] = 0
    assert watch.look(at(90)) == Queued(5, at(60))
    gauge.held["bars"] = 0
    assert watch.look(at(120)) == Queued(0, None)


def test_queues_that_do_not_answer_are_neither_empty_nor_forgotten() -> None:
    gauge = MemoryQueueGauge(bars=1)
    watch = QueueWatch(gauge)
    watch.look(at(0))

    gauge.is_down = True
    assert watch.look(at(30)) is None
    gauge.is_down = False

    assert watch.look(at(60)) == Queued(1, at(0))
