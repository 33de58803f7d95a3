"""Strategies that are shown the closed minutes of several symbols, as the live path runs them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quantterminal.domain.bars import MINUTE
from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import Message, MinuteClosed
from tests.unit.quantterminal.services.conftest import MakePipeline
from tests.unit.quantterminal.services.pipeline import (
    EAGER,
    OPEN,
    TOGETHER,
    Pipeline,
    minute_closed,
)


@pytest.fixture
def pipeline(make_pipeline: MakePipeline) -> Pipeline:
    return make_pipeline(strategies=(TOGETHER, EAGER))


def said(pipeline: Pipeline, since: int = 0) -> list[tuple[str, str, str]]:
    """(symbol, strategy, reason) of what was sent."""
    signals = [message.payload.signal for message in pipeline.signals()[since:]]
    return [(each.symbol, each.strategy, each.reason) for each in signals]


def late(pipeline: Pipeline, number: int, **closes: float) -> Message:
    message = minute_closed(number, closes, account=pipeline.account)
    assert isinstance(message.payload, MinuteClosed)
    return replace(message, payload=replace(message.payload, late=tuple(closes)))


def test_one_state_sees_all_symbols_of_a_minute(pipeline: Pipeline) -> None:
    pipeline.minute(0, SPY=100.0, IBM=100.0)
    pipeline.minute(1, IBM=101.0)

    assert said(pipeline) == [
        ("IBM", "together", "minute 1"),
        ("IBM", "eager", "bar 1"),
        ("SPY", "together", "minute 1"),
        ("SPY", "eager", "bar 1"),
        ("IBM", "together", "minute 2"),
        ("IBM", "eager", "bar 2"),
    ]
    known = pipeline.evaluations.snapshots(pipeline.account, [("together", "*")])
    assert [each.last_bar for each in known.values()] == [OPEN + MINUTE]


def test_a_minute_of_other_symbols_is_none_of_its_business(make_pipeline: MakePipeline) -> None:
    pipeline = make_pipeline(strategies=(replace(TOGETHER, symbols=("IBM",)),))

    pipeline.minute(0, SPY=100.0)
    pipeline.minute(1, SPY=100.0, IBM=100.0)

    assert said(pipeline) == [("IBM", "together", "minute 1")]


def test_a_late_bar_is_no_part_of_the_minute_that_was_closed(pipeline: Pipeline) -> None:
    pipeline.minute(0, SPY=100.0)
    before = len(pipeline.signals())

    pipeline.evaluate(late(pipeline, 0, IBM=99.0))
    pipeline.minute(1, SPY=101.0, IBM=99.0)

    assert said(pipeline, before) == [
        ("IBM", "eager", "bar 1"),
        ("IBM", "together", "minute 2"),
        ("IBM", "eager", "bar 2"),
        ("SPY", "together", "minute 2"),
        ("SPY", "eager", "bar 2"),
    ]


def test_a_late_bar_before_the_first_minute_starts_nothing(pipeline: Pipeline) -> None:
    pipeline.evaluate(late(pipeline, 0, IBM=99.0))

    assert said(pipeline) == [("IBM", "eager", "bar 1")]


def test_a_redelivered_minute_sends_the_same_in_the_same_order(pipeline: Pipeline) -> None:
    """The bus was away after the decision was durable; the names are not in alphabetical order."""
    message = minute_closed(0, {"SPY": 101.0, "IBM": 99.0}, account=pipeline.account)
    pipeline.bus.is_down = True
    with pytest.raises(RetryableError):
        pipeline.evaluate(message)
    pipeline.bus.is_down = False

    pipeline.evaluate(message)
    pipeline.bus._ids.clear()
    pipeline.evaluate(message)

    once = [
        ("IBM", "together", "minute 1"),
        ("IBM", "eager", "bar 1"),
        ("SPY", "together", "minute 1"),
        ("SPY", "eager", "bar 1"),
    ]
    assert said(pipeline) == once + once


def test_a_minute_that_comes_again_with_more_bars_is_not_seen_again(pipeline: Pipeline) -> None:
    """A feed that was restarted publishes its last minute again, with what it had missed."""
    pipeline.minute(0, SPY=100.0)
    before = len(pipeline.signals())

    pipeline.evaluate(minute_closed(0, {"SPY": 100.0, "IBM": 99.0}, account=pipeline.account))

    assert ("IBM", "eager", "bar 1") in said(pipeline, before)
    assert not [each for each in said(pipeline, before) if each[:2] == ("IBM", "together")]


def test_f19_it_starts_over_across_a_split_of_any_of_its_symbols(pipeline: Pipeline) -> None:
    pipeline.minute(1, SPY=101.0, IBM=99.0)
    day = OPEN.date() + timedelta(days=1)
    split = {"split_from": 1.0, "split_to": 2.0}
    pipeline.actions.keep([CorporateAction("E1", "IBM", ActionKind.SPLIT, day, **split)])
    before = len(pipeline.signals())

    pipeline.minute(24 * 60, SPY=101.0)

    assert said(pipeline, before) == [("SPY", "together", "minute 1"), ("SPY", "eager", "bar 2")]


def test_a_flushed_working_state_changes_no_decision(pipeline: Pipeline) -> None:
    pipeline.minute(0, SPY=100.0)
    pipeline.forget_state()

    pipeline.minute(1, SPY=101.0)

    assert said(pipeline)[-2:] == [("SPY", "together", "minute 2"), ("SPY", "eager", "bar 2")]
