from datetime import datetime
from typing import cast

import pytest

from local import ending, settling, watching
from local.json_http import RemoteError
from local.pipeline import Pipeline
from local.watching import Watcher
from tests.unit.local.fake_pipeline import FakePipeline


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(settling, "_RECONCILE_AFTER_S", 0.0)
    monkeypatch.setattr(settling, "_RECONCILE_EVERY_S", 0.0)


def watcher(fake: FakePipeline, seen: list[datetime] | None = None) -> Watcher:
    times: list[datetime] = [] if seen is None else seen
    return Watcher(cast("Pipeline", fake), on_time=times.append)


def test_it_starts_the_clock_and_returns_with_the_end_of_the_data() -> None:
    fake = FakePipeline()
    fake.ended_after = 3
    seen: list[datetime] = []

    watcher(fake, seen).play()

    assert fake.log == ["start"]
    assert seen == [fake.now] * 3


def test_rest_is_what_several_looks_find() -> None:
    fake = FakePipeline()
    fake.left = {"orders": 1}
    fake.place("a")

    watcher(fake).settle()

    assert "reconcile" in fake.log
    assert fake.log[-3:] == ["depths"] * 3


def test_the_end_of_a_run_reports_and_logs_the_day() -> None:
    fake = FakePipeline()

    ending.finish(cast("Pipeline", fake), watcher(fake))

    done = [name for name in fake.log if name != "depths"]
    assert done == ["reconcile", "reports", "trade_log"]


def test_a_process_that_is_away_at_the_end_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_RETRY_S", 0.0)
    fake = FakePipeline()
    fake.refusals = 2

    ending.finish(cast("Pipeline", fake), watcher(fake))

    assert [name for name in fake.log if name != "depths"] == ["reconcile", "reports", "trade_log"]


def test_what_keeps_failing_at_the_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_RETRY_S", 0.0)
    fake = FakePipeline()
    fake.refusals = 1_000

    with pytest.raises(RemoteError, match="it fails"):
        ending.finish(cast("Pipeline", fake), watcher(fake))
