"""A crash after every effect of every flow, once; the other ways to fail are in `make soak`."""

import pytest

from tests.simulation.faults import Fault
from tests.simulation.systematic import Plant, crashes_of, pairs, planted, plants

FLOWS = {
    "execution:CancelOrders",
    "execution:SubmitOrder",
    "execution:SweepOrders",
    "feed:bars",
    "feed:recovery",
    "gate:lease",
    "order_updates:OrderUpdated",
    "reconcile:knock",
    "risk:AssessSignal",
    "session:close",
    "session:open",
    "strategy:MinuteClosed",
    "stream:recovery",
    "stream:relay",
}
ALL = plants()


def test_the_scenario_reaches_every_flow() -> None:
    assert {plant.place[0] for plant in ALL} >= FLOWS


@pytest.mark.parametrize(
    "plant", [plant for plant in ALL if plant.fault is Fault.CRASH_AFTER], ids=str
)
def test_a_crash_after_any_effect_heals(plant: Plant) -> None:
    assert [str(each) for each in planted(plant).violations] == []


@pytest.mark.soak
@pytest.mark.parametrize(
    "plant", [plant for plant in ALL if plant.fault is not Fault.CRASH_AFTER], ids=str
)
def test_any_failure_of_any_effect_heals(plant: Plant) -> None:
    assert [str(each) for each in planted(plant).violations] == []


def test_a_pair_is_two_effects_of_one_flow_that_both_leave_something_behind() -> None:
    for one, other in pairs(ALL):
        assert one.place[0] == other.place[0]
        assert one.place[1] != other.place[1]


@pytest.mark.soak
@pytest.mark.parametrize("flow", sorted({plant.place[0] for plant in ALL}))
def test_any_two_failures_of_one_flow_heal(flow: str) -> None:
    result = crashes_of(case for case in pairs(ALL) if case[0].place[0] == flow)

    assert result.failed == {}
