"""State machines: thousands of steps by default, a hundred thousand each in the long run."""

import pytest

from tests.machines.counting import CountingMachine, take_steps
from tests.machines.order_table import OrderTable
from tests.machines.position_book import PositionBook
from tests.machines.reconciled_books import ReconciledBooks

MACHINES = [OrderTable, PositionBook, ReconciledBooks]


@pytest.mark.parametrize("machine", MACHINES)
def test_the_machine_holds(machine: type[CountingMachine]) -> None:
    assert take_steps(machine, at_least=2_000) >= 2_000


@pytest.mark.soak
@pytest.mark.parametrize("machine", MACHINES)
def test_the_machine_holds_for_long(
    machine: type[CountingMachine], capsys: pytest.CaptureFixture[str]
) -> None:
    steps = take_steps(machine, at_least=100_000)

    with capsys.disabled():
        print(f"\n{machine.__name__}: {steps} steps")  # noqa: T201 - the figure of the long run
    assert steps >= 100_000
