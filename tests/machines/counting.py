"""Running a state machine for a number of steps, and counting those that it really took."""

from typing import ClassVar

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, run_state_machine_as_test


class CountingMachine(RuleBasedStateMachine):
    """`steps` counts the rules that all examples of one class have run."""

    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).steps -= 1  # invariants are looked at once before the first rule

    @invariant()
    def step_is_counted(self) -> None:
        type(self).steps += 1


def take_steps(machine: type[CountingMachine], *, at_least: int) -> int:
    """Run examples of at most 50 steps until that many are taken; how many it were.

    Each round draws from the next seed, so that two runs take the same steps.
    """
    machine.steps = 0
    chosen = settings(
        max_examples=100,
        stateful_step_count=50,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    round_ = 0
    while machine.steps < at_least:
        run_state_machine_as_test(seed(round_)(machine), settings=chosen)
        round_ += 1
    return machine.steps
