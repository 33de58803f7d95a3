"""Waiting grows, is capped and is drawn; only what may be repeated is."""

import pytest

from quantterminal.domain.errors import AmbiguousError, RetryableError
from quantterminal.services.backoff import Backoff, retried


class Flaky:
    """Fails `failures` times with `error`, then answers."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error or RetryableError("not now")

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return "done"


def test_delays_double_up_to_the_cap_and_start_again_after_a_reset() -> None:
    backoff = Backoff(lambda: 1.0, base_s=1.0, cap_s=5.0)

    delays = [backoff.next_delay() for _ in range(5)]
    backoff.reset()

    assert delays == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert backoff.next_delay() == 1.0


def test_the_jitter_is_full() -> None:
    assert Backoff(lambda: 0.0, base_s=1.0).next_delay() == 0.0
    assert Backoff(lambda: 0.25, base_s=1.0).next_delay() == 0.25


@pytest.mark.parametrize(("failures", "calls"), [(0, 1), (1, 2), (2, 3)])
def test_at_most_three_tries(failures: int, calls: int) -> None:
    flaky, sleeps = Flaky(failures), list[float]()

    answer = retried(flaky, backoff=Backoff(lambda: 0.5), sleep=sleeps.append)

    assert answer == "done"
    assert flaky.calls == calls
    assert len(sleeps) == calls - 1


def test_after_the_third_failure_the_error_goes_on() -> None:
    flaky = Flaky(3)
    with pytest.raises(RetryableError):
        retried(flaky, backoff=Backoff(lambda: 0.5), sleep=lambda _seconds: None)
    assert flaky.calls == 3


def test_what_nobody_knows_is_not_repeated() -> None:
    flaky = Flaky(1, AmbiguousError("sent"))
    with pytest.raises(AmbiguousError):
        retried(flaky, backoff=Backoff(lambda: 0.5), sleep=lambda _seconds: None)
    assert flaky.calls == 1


def test_a_wait_that_was_asked_for_is_respected() -> None:
    sleeps: list[float] = []
    flaky = Flaky(1, RetryableError("429", retry_after_s=3.0))

    retried(flaky, backoff=Backoff(lambda: 0.5), sleep=sleeps.append)

    assert sleeps == [3.0]


def test_a_wait_that_is_too_long_is_left_to_the_caller() -> None:
    flaky, sleeps = Flaky(1, RetryableError("429", retry_after_s=60.0)), list[float]()
    with pytest.raises(RetryableError):
        retried(flaky, backoff=Backoff(lambda: 0.5), sleep=sleeps.append)
    assert sleeps == []
