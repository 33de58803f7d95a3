"""Waiting before trying again: exponential, with full jitter, from randomness that is passed in.

Full jitter spreads the clients of a service that comes back, where a fixed delay would let them
all return at the same instant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from quantterminal.domain.errors import RetryableError

T = TypeVar("T")
_MAX_DOUBLINGS = 20


@dataclass(slots=True)
class Backoff:
    """Delays in seconds, drawn from [0, min(cap, base * 2^failures)).

    `draw` answers floats from [0, 1), as random.Random.random does.
    """

    draw: Callable[[], float]
    base_s: float = 0.5
    cap_s: float = 30.0
    failures: int = 0

    def next_delay(self) -> float:
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(self.failures, _MAX_DOUBLINGS))
        self.failures += 1
        return self.draw() * ceiling

    def reset(self) -> None:
        self.failures = 0


def retried(
    call: Callable[[], T],
    *,
    backoff: Backoff,
    sleep: Callable[[float], None],
    tries: int = 3,
    longest_wait_s: float = 5.0,
) -> T:
    """The answer of `call`, repeated on RetryableError; only for what is safe to repeat.

    A wait that the other side asks for (`retry_after_s`) is respected. One above `longest_wait_s`
    is left to the caller's caller, because a function must not sleep its time-out away.
    """
    for _ in range(tries - 1):
        try:
            return call()
        except RetryableError as problem:
            delay = backoff.next_delay()
            if problem.retry_after_s is not None:
                delay = max(delay, problem.retry_after_s)
            if delay > longest_wait_s:
                raise
            sleep(delay)
    return call()
