from datetime import date, timedelta

import pytest

from quantterminal.domain.bars import MINUTE
from quantterminal.domain.events import CancelOrders, EventName
from quantterminal.domain.halts import ACCOUNT, Halt, HaltCode
from quantterminal.domain.risk import DenialCode, HaltLevel
from quantterminal.services.resume import resume
from quantterminal.services.session_day import close_session, knock, open_session
from quantterminal.topology import ORDERS
from tests.unit.quantterminal.services.pipeline import OPEN, Pipeline

TOMORROW = OPEN + timedelta(days=1)


def standing(pipeline: Pipeline, scope: str = ACCOUNT) -> Halt | None:
    found = {each.scope: each for each in pipeline.halt_ledger.halts(pipeline.account)}
    halt = found.get(scope)
    return None if halt is None or halt.level is HaltLevel.ACTIVE else halt


def lose(pipeline: Pipeline, percent: float) -> None:
    """Equity falls by so much with the bars of the second minute; a fifth of it is invested."""
    for symbol in ("SPY", "IBM"):
        pipeline.bought(symbol, 99, "100.00")
    price = 100.0 - percent * 1000 / 198
    pipeline.minute(1, SPY=price, IBM=price)


def test_a_loss_below_the_limit_halts_nothing(pipeline: Pipeline) -> None:
    lose(pipeline, 4.9)

    assert standing(pipeline) is None


def test_the_daily_loss_reduces_until_the_next_session(pipeline: Pipeline) -> None:
    lose(pipeline, 5.1)

    halt = standing(pipeline)
    assert halt is not None
    assert (halt.level, halt.code) == (HaltLevel.REDUCE_ONLY, HaltCode.DAILY_LOSS)
    denied = pipeline.assess(pipeline.ask("SPY", quantity=1, price=75.0, ordinal=1))
    assert denied.denial_code is DenialCode.REDUCE_ONLY
    assert len(pipeline.events(EventName.HALT_RAISED)) == 1

    pipeline.minute(24 * 60, SPY=75.0, IBM=75.0)

    assert standing(pipeline) is None
    assert pipeline.loaded().levels[ACCOUNT] is HaltLevel.ACTIVE
    assert pipeline.loaded().session_day == TOMORROW.date()
    assert pipeline.loaded().day_open_equity == pipeline.loaded().equity()


def test_a_drawdown_halts_until_a_person_resumes(pipeline: Pipeline) -> None:
    lose(pipeline, 15.1)
    halt = standing(pipeline)
    assert halt is not None
    assert (halt.level, halt.code) == (HaltLevel.HALTED, HaltCode.DRAWDOWN)

    pipeline.minute(24 * 60, SPY=25.0, IBM=25.0)
    assert standing(pipeline) == halt

    assert resume(ACCOUNT, actor="ann", reason="understood", desk=pipeline.flattening)
    equity = pipeline.loaded().equity()
    assert pipeline.loaded().high_water_mark == equity
    assert pipeline.accounts.books(pipeline.account).account.high_water_mark == equity
    pipeline.minute(24 * 60 + 1, SPY=25.0, IBM=25.0)
    assert standing(pipeline) is None
    lifted = pipeline.events(EventName.HALT_LIFTED)
    assert [each.text for each in lifted] == ["account is ACTIVE again: understood"]


def test_resuming_what_is_not_halted_changes_nothing(pipeline: Pipeline) -> None:
    before = pipeline.accounts.books(pipeline.account).account

    assert not resume(ACCOUNT, actor="ann", reason="just so", desk=pipeline.flattening)

    assert pipeline.accounts.books(pipeline.account).account == before
    assert pipeline.events(EventName.HALT_LIFTED) == []


def test_a_person_s_halt_outlives_the_daily_loss(pipeline: Pipeline) -> None:
    """Both mean REDUCE_ONLY; the one that waits for a person must not end by itself."""
    lose(pipeline, 5.1)
    pipeline.halts.raise_halt(
        ACCOUNT, HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason="looking", actor="ann"
    )

    pipeline.minute(24 * 60, SPY=75.0, IBM=75.0)

    halt = standing(pipeline)
    assert halt is not None
    assert (halt.code, halt.actor) == (HaltCode.OPERATOR, "ann")


def test_a_halt_that_could_not_be_cached_is_durable(pipeline: Pipeline) -> None:
    """Valkey is flushed at the instant of the halt; whoever rebuilds sees it."""
    pipeline.forget_state()
    pipeline.halts.raise_halt(
        ACCOUNT, HaltLevel.HALTED, code=HaltCode.OPERATOR, reason="stop", actor="ann"
    )

    assert pipeline.loaded().levels == {ACCOUNT: HaltLevel.HALTED}


def test_the_same_halt_again_is_told_once(pipeline: Pipeline) -> None:
    raised = [
        pipeline.halts.raise_halt(
            "symbol:SPY", HaltLevel.REDUCE_ONLY, code=HaltCode.OPERATOR, reason="why", actor="ann"
        )
        for _ in range(2)
    ]

    assert raised == [True, False]
    assert len(pipeline.events(EventName.HALT_RAISED)) == 1


def test_an_event_bus_that_is_down_stops_no_halt(pipeline: Pipeline) -> None:
    pipeline.event_bus.is_down = True

    assert pipeline.halts.raise_halt(
        ACCOUNT, HaltLevel.HALTED, code=HaltCode.OPERATOR, reason="stop", actor="ann"
    )
    assert pipeline.loaded().levels == {ACCOUNT: HaltLevel.HALTED}
    assert len(pipeline.telemetry.named("EventBusFailed")) == 1


def test_a_session_opens_once(pipeline: Pipeline) -> None:
    pipeline.clock.set(TOMORROW)

    opened = [open_session(pipeline.session, TOMORROW.date()) for _ in range(2)]

    assert opened == [True, False]
    days = [event.text.split()[1] for event in pipeline.events(EventName.SESSION_OPENED)]
    assert days == ["2013-10-07", "2013-10-08"]


def test_a_crash_in_the_middle_of_an_open_is_made_good(pipeline: Pipeline) -> None:
    """The day was begun in the ledger; its halt and its working state were left as they were."""
    lose(pipeline, 5.1)
    pipeline.clock.set(TOMORROW + MINUTE)
    equity = pipeline.loaded().equity()
    assert equity is not None
    assert pipeline.accounts.begin_session(
        pipeline.account, day=TOMORROW.date(), equity=equity, at=pipeline.clock.now()
    )

    assert not open_session(pipeline.session, TOMORROW.date())

    assert standing(pipeline) is None
    assert pipeline.loaded().session_day == TOMORROW.date()
    assert pipeline.loaded().day_open_equity == equity


def test_a_loss_of_this_day_survives_a_second_open(pipeline: Pipeline) -> None:
    lose(pipeline, 5.1)

    open_session(pipeline.session, OPEN.date())

    assert standing(pipeline) is not None


def test_a_close_asks_for_the_cancel_of_everything_until_it_is_done(pipeline: Pipeline) -> None:
    pipeline.working("SPY")

    closed = [close_session(pipeline.session, OPEN.date()) for _ in range(2)]
    pipeline.pump()

    assert closed == [True, False]
    asked = [each.payload for each in pipeline.sent(ORDERS)]
    assert CancelOrders(pipeline.account, reason="session close") in asked
    assert pipeline.broker.cancels == ["broker-1"]
    assert len(pipeline.events(EventName.SESSION_CLOSED)) == 1


@pytest.mark.parametrize(
    ("action", "after_open", "acts"),
    [
        ("open", timedelta(days=1), True),
        ("open", timedelta(days=1, minutes=-1), False),
        ("close", timedelta(hours=6, minutes=30), True),
        ("close", timedelta(hours=6, minutes=29), False),
        ("open", date(2013, 10, 12) - date(2013, 10, 7), False),
    ],
)
def test_a_knock_acts_only_when_the_calendar_agrees(
    pipeline: Pipeline, action: str, after_open: timedelta, *, acts: bool
) -> None:
    pipeline.clock.set(OPEN + after_open)

    assert knock(pipeline.session, action) is acts
