import pytest

from quantterminal.adapters.memory.broker import Fault
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.orders import OrderStatus
from quantterminal.domain.risk import DenialCode, HaltLevel
from quantterminal.ports.broker import Refusal
from quantterminal.services.halting import HaltDesk
from tests.unit.quantterminal.services.pipeline import Pipeline

FOR_THE_DAY = (HaltLevel.REDUCE_ONLY, HaltCode.NOT_TRADABLE)


def refused(pipeline: Pipeline, code: str, *, ordinal: int = 0) -> None:
    pipeline.broker.faults.append(Fault.REJECT)
    pipeline.broker.refusal = code
    order = pipeline.working("SPY", quantity=10 + ordinal, ordinal=ordinal)
    assert order.status is OrderStatus.REJECTED


def halts(pipeline: Pipeline) -> dict[str, tuple[HaltLevel, HaltCode]]:
    found = pipeline.halt_ledger.halts(pipeline.account)
    return {each.scope: (each.level, each.code) for each in found if each.level}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (Refusal.UNAUTHORIZED, {ACCOUNT: (HaltLevel.HALTED, HaltCode.BROKER_REFUSED_US)}),
        (Refusal.NOT_TRADABLE, {"symbol:SPY": FOR_THE_DAY}),
        (Refusal.WASH_TRADE, {}),
        (Refusal.UNKNOWN, {}),
        ("INSUFFICIENT_BUYING_POWER", {}),
    ],
)
def test_a_refusal_stops_what_cannot_be_helped_by_asking_again(
    pipeline: Pipeline, code: str, expected: dict[str, tuple[HaltLevel, HaltCode]]
) -> None:
    refused(pipeline, code)

    assert halts(pipeline) == expected
    assert len(pipeline.broker.posts) == 1
    assert bool(pipeline.telemetry.named("UnknownRejection")) == (code == Refusal.UNKNOWN)


def test_f16_the_third_wash_trade_of_a_day_is_the_last(pipeline: Pipeline) -> None:
    for ordinal in range(2):
        refused(pipeline, Refusal.WASH_TRADE, ordinal=ordinal)
        assert halts(pipeline) == {}

    refused(pipeline, Refusal.WASH_TRADE, ordinal=2)

    assert halts(pipeline) == {"symbol:SPY": FOR_THE_DAY}
    denied = pipeline.assess(pipeline.ask("SPY", ordinal=3))
    assert denied.denial_code is DenialCode.REDUCE_ONLY


def test_f18_the_next_session_asks_again(pipeline: Pipeline) -> None:
    refused(pipeline, Refusal.NOT_TRADABLE)
    desk: HaltDesk = pipeline.halts

    desk.lift_for_new_session(pipeline.clock.now().date())
    assert halts(pipeline) == {"symbol:SPY": FOR_THE_DAY}
    tomorrow = pipeline.clock.now().date().replace(day=8)
    desk.lift_for_new_session(tomorrow)
    assert halts(pipeline) == {}
