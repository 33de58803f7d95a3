"""A crash after every effect of every flow, once; the other ways to fail are in `make soak`."""

import pytest

from tests.simulation.faults import Fault
from tests.simulation.systematic import Plant, planted, plants

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
