"""What is known of a bug besides its text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.simulation.faults import Fault
from tests.simulation.planting import Planted, Replacement


@dataclass(frozen=True, slots=True)
class Bug:
    """`killer` is a seed that finds it, tried first by `make test`; 0 while none is known.

    `is_loud` bugs break a session without any fault, by their nature. `directed` is the test that
    finds what no ordinary session can show. `faults` are the rates of the only faults in sessions
    that are made for this bug, where it needs several that are rare together.
    """

    planted: Planted
    killer: int = 0
    is_loud: bool = False
    directed: str = ""
    faults: Mapping[Fault, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.planted.name


def bug(
    name: str,
    what: str,
    *replacements: Replacement,
    killer: int = 0,
    is_loud: bool = False,
    directed: str = "",
    faults: Mapping[Fault, float] | None = None,
) -> Bug:
    """A bug of the catalogue."""
    return Bug(Planted(name, what, replacements), killer, is_loud, directed, faults or {})
