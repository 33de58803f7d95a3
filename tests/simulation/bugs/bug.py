"""What is known of a bug besides its text."""

from dataclasses import dataclass

from tests.simulation.planting import Planted, Replacement


@dataclass(frozen=True, slots=True)
class Bug:
    """`killer` is a seed that finds it, tried first by `make test`; 0 while none is known.

    `is_loud` bugs break a session without any fault, by their nature. `directed` is the test that
    finds what no ordinary session can show, and why.
    """

    planted: Planted
    killer: int = 0
    is_loud: bool = False
    directed: str = ""

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
) -> Bug:
    """A bug of the catalogue."""
    return Bug(Planted(name, what, replacements), killer, is_loud, directed)
