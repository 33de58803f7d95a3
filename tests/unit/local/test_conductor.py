from typing import Any, cast

import pytest

from local import settling
from local.conductor import Conductor
from local.errors import PipelineStuckError
from local.pipeline import Pipeline, Step
from tests.unit.local.fake_pipeline import FakePipeline


def conductor(fake: FakePipeline, seen: list[Step] | None = None) -> Conductor:
    steps: list[Step] = [] if seen is None else seen
    return Conductor(cast("Pipeline", fake), on_step=steps.append)


def test_every_step_is_played_and_minutes_are_drained() -> None:
    fake = FakePipeline("price", "minute", "settle", "idle")
    seen: list[Step] = []

    conductor(fake, seen).play()

    assert [step.kind for step in seen] == ["price", "minute", "settle", "idle"]
    assert fake.log.index("settle") < len(fake.log) - 1 - fake.log[::-1].index("drain")


def test_prices_without_working_orders_do_not_stop_for_a_drain() -> None:
    fake = FakePipeline("settle", "price", "price", "price")

    conductor(fake).play()

    assert fake.log[-3:] == ["price"] * 3


def test_a_quiet_minute_only_lets_the_schedules_knock() -> None:
    fake = FakePipeline("settle", "settle")

    conductor(fake).play()

    assert fake.log[-2:] == ["settle", "knock"]


def test_the_end_waits_for_what_a_cut_feed_has_missed() -> None:
    fake = FakePipeline("settle")
    fake.catching_up = 3

    conductor(fake).play()

    assert fake.catching_up == 0


def test_while_an_order_works_each_price_is_followed_up() -> None:
    fake = FakePipeline("settle", "price", "price")
    fake.place("a")

    conductor(fake).play()

    assert fake.log[-4:] == ["price", "drain", "price", "drain"]


def test_an_update_that_the_stream_lost_is_reconciled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_RECONCILE_AFTER_S", 0.0)
    monkeypatch.setattr(settling, "_RECONCILE_EVERY_S", 0.0)
    fake = FakePipeline("settle")
    fake.loses_updates = True
    fake.place("a")

    conductor(fake).play()

    assert "reconcile" in fake.log
    assert fake.known == fake.orders


def test_books_that_stay_apart_end_in_a_sentence_that_names_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "_AGREE_WITHIN_S", 0.1)
    fake = FakePipeline("settle")
    fake.loses_updates = True
    fake.place("qt1-a")

    with pytest.raises(PipelineStuckError, match="order qt1-a is unknown in the ledger, new with"):
        conductor(fake).play()


def test_a_process_that_is_away_is_waited_for() -> None:
    fake = FakePipeline("price", "settle")
    seen: list[Step] = []
    playing = conductor(fake, seen)
    fake.outages = 4

    playing.play()

    assert [step.kind for step in seen] == ["price", "settle"]


def test_after_a_failure_the_queues_have_to_be_empty() -> None:
    fake = FakePipeline("settle")
    fake.failures = [1]
    fake.left = {"orders": 1}

    conductor(fake).play()

    assert fake.log.count("depths") >= 2


def test_messages_that_keep_failing_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "_EMPTY_WITHIN_S", 0.0)
    fake = FakePipeline("settle")
    fake.failures = [1]

    class Stuck(FakePipeline):
        def depths(self) -> dict[str, int]:
            return {"orders": 2}

    fake.__class__ = Stuck

    with pytest.raises(PipelineStuckError, match=r"orders \(2\)"):
        conductor(fake).play()


def test_it_can_be_stopped() -> None:
    playing: Any = None

    def stop(_step: Step) -> None:
        playing.stop()

    fake = FakePipeline("price", "price", "price")
    playing = Conductor(cast("Pipeline", fake), on_step=stop)

    playing.play()

    assert fake.log.count("price") == 1
