"""Our REST adapter of the feed against the local feed, held against the vendor's own client too."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quantterminal.adapters.polygon.client import PolygonHistory
from quantterminal.domain.bars import minute_of
from quantterminal.domain.errors import PermanentError, RetryableError
from tests.contract.market_process import MarketProcess, market


@pytest.fixture
def running(tmp_path: Path) -> Iterator[MarketProcess]:
    with market(tmp_path) as process:
        process.step_to("minute", times=5)
        yield process


def history_at(address: str, **changes: Any) -> PolygonHistory:
    settings: dict[str, Any] = {
        "base_url": f"http://{address}",
        "api_key": "feed-key",
        "draw": lambda: 0.0,
        "sleep": lambda _seconds: None,
        **changes,
    }
    return PolygonHistory(**settings)


def played_until(process: MarketProcess) -> datetime:
    return minute_of(datetime.fromisoformat(process.state()["now"]))


def test_bars_of_an_interval_start_inclusive_end_exclusive(running: MarketProcess) -> None:
    end = played_until(running)
    history = history_at(running.feed)

    bars = history.minute_bars("AAA", start=end - timedelta(minutes=3), end=end)
    fewer = history.minute_bars(
        "AAA", start=end - timedelta(minutes=3), end=end - timedelta(minutes=1)
    )

    starts = [end - timedelta(minutes=minutes) for minutes in (3, 2, 1)]
    assert [bar["start"] for bar in bars] == starts
    assert list(fewer) == list(bars[:2])
    assert all(bar["low"] <= bar["close"] <= bar["high"] for bar in bars)


def test_nothing_there_is_an_empty_answer(running: MarketProcess) -> None:
    end = played_until(running)
    history = history_at(running.feed)

    assert list(history.minute_bars("AAA", start=end, end=end)) == []
    assert list(history.minute_bars("NOPE", start=end - timedelta(minutes=3), end=end)) == []


def test_a_wrong_key_never_gets_better(running: MarketProcess) -> None:
    sleeps: list[float] = []
    history = history_at(running.feed, api_key="wrong", sleep=sleeps.append)
    end = played_until(running)

    with pytest.raises(PermanentError):
        history.minute_bars("AAA", start=end - timedelta(minutes=3), end=end)

    assert sleeps == []


def test_a_vendor_that_is_away_is_asked_three_times(running: MarketProcess) -> None:
    sleeps: list[float] = []
    history = history_at(running.feed, sleep=sleeps.append, draw=lambda: 0.5)
    end = played_until(running)
    running.stop()

    with pytest.raises(RetryableError):
        history.minute_bars("AAA", start=end - timedelta(minutes=3), end=end)

    assert sleeps == [0.25, 0.5]
