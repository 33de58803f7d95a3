"""C25 through the journal: what a release took up holds against the next for the session."""

from dataclasses import replace
from datetime import timedelta

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.risk import DenialCode
from quantterminal.domain.sessions import new_york_date
from quantterminal.services.assess_risk import assess_signal
from quantterminal.services.limits_in_force import LimitsInForce
from quantterminal.services.session_day import open_session
from tests.unit.quantterminal.services.pipeline import Pipeline

TIGHT, USUAL, LOOSE = 5, 1000, 2000  # the most shares of an order


def release(pipeline: Pipeline, shares: int) -> TradingConfig:
    limits = replace(pipeline.trading.limits, max_order_shares=shares)
    return replace(pipeline.trading, limits=limits)


def deployed(pipeline: Pipeline, shares: int) -> LimitsInForce:
    """A new process of that release."""
    return LimitsInForce(release(pipeline, shares), pipeline.accounts, pipeline.clock)


def next_session(pipeline: Pipeline, shares: int) -> None:
    pipeline.clock.forward(timedelta(days=1))
    session = replace(pipeline.session, trading=release(pipeline, shares))
    assert open_session(session, new_york_date(pipeline.clock.now()))


def most_shares(running: LimitsInForce) -> int:
    return running.trading().limits.max_order_shares


def test_looser_limits_wait_for_the_next_session(pipeline: Pipeline) -> None:
    next_session(pipeline, USUAL)
    running = deployed(pipeline, LOOSE)
    assert most_shares(running) == USUAL

    next_session(pipeline, LOOSE)
    assert most_shares(running) == LOOSE


def test_tighter_limits_act_at_once_and_stay_for_the_session(pipeline: Pipeline) -> None:
    next_session(pipeline, USUAL)
    assert most_shares(deployed(pipeline, TIGHT)) == TIGHT
    assert most_shares(deployed(pipeline, USUAL)) == TIGHT


def test_before_the_session_begins_a_release_has_its_own_limits(pipeline: Pipeline) -> None:
    next_session(pipeline, USUAL)
    pipeline.clock.forward(timedelta(days=1))
    running = deployed(pipeline, LOOSE)
    assert most_shares(running) == LOOSE

    next_session(pipeline, USUAL)
    assert most_shares(running) == USUAL


def test_an_order_is_assessed_by_the_limits_in_force(pipeline: Pipeline) -> None:
    next_session(pipeline, TIGHT)
    running = deployed(pipeline, USUAL)
    message = pipeline.ask("SPY", quantity=6)

    risk = replace(pipeline.risk, trading=running.trading())

    intent = assess_signal(message, message.payload, runtime=risk)
    assert intent.denial_code is DenialCode.ORDER_SIZE
