"""Bugs that were seen in trading systems, to be planted: each must be found by the simulation."""

from tests.simulation.bugs import (
    delivery,
    evaluation,
    halts,
    ledger,
    reconcile,
    risk,
    submitting,
    updates,
)
from tests.simulation.bugs.bug import Bug

CATALOGUE: tuple[Bug, ...] = (
    *submitting.BUGS,
    *updates.BUGS,
    *reconcile.BUGS,
    *ledger.BUGS,
    *halts.BUGS,
    *risk.BUGS,
    *evaluation.BUGS,
    *delivery.BUGS,
)
