"""Functions that run as machine code: numba compiles them at their first call on a machine.

numba is needed by the modules that say so in their name and by nothing else; where it is not
installed the fast engine runs in plain Python, with the same results.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def is_installed() -> bool:
    return find_spec("numba") is not None


def compiled(function: F) -> F:
    """The function as machine code, kept on disk from one process to the next."""
    from numba import njit

    return cast("F", njit(cache=True)(function))
