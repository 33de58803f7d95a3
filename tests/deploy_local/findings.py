"""What was checked: one line each as it goes, counted at the end."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class CheckFailedError(Exception):
    """Something that the rest of the run stands on is not there; the text says what."""


class Findings:
    """Collects checks; a failed one does not end the run. `brief` prints failures only."""

    def __init__(self, *, brief: bool = False) -> None:
        self._brief = brief
        self._began = time.monotonic()
        self.checked = 0
        self.failed: list[str] = []

    def equal(self, what: str, found: object, expected: object) -> None:
        """`found` is as `expected`, or both are shown."""
        self._say(what, problem="" if found == expected else f"expected {expected}, was {found}")

    def holds(self, what: str, condition: object, otherwise: object = "was not so") -> None:
        """`condition` is truthy, or `otherwise` is shown."""
        self._say(what, problem="" if condition else str(otherwise))

    def note(self, line: str) -> None:
        """Something the reader should know that is no check."""
        _print(f"      {line}")

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Groups what follows, and says how long it took."""
        _print(f"\n{title}")
        began = time.monotonic()
        yield
        _print(f"      ({time.monotonic() - began:.1f} s)")

    def summary(self) -> str:
        took = time.monotonic() - self._began
        if not self.failed:
            return f"deploy-local: {self.checked} checks passed in {took:.0f} s"
        lines = [f"deploy-local: {len(self.failed)} of {self.checked} checks failed ({took:.0f} s)"]
        return "\n".join([*lines, *(f"  {each}" for each in self.failed)])

    def _say(self, what: str, *, problem: str) -> None:
        self.checked += 1
        if problem:
            self.failed.append(f"{what}: {problem}")
            _print(f"FAIL  {what}: {problem}")
        elif not self._brief:
            _print(f"ok    {what}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
