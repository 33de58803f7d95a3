"""`python -m tests.soak 17 20-25`: these seeds of the disturbed runs, a line each."""

import sys
from collections.abc import Iterator, Sequence

from tests.soak.chaos import FOLDER, play


def seeds(words: Sequence[str]) -> Iterator[int]:
    """Numbers and ranges: `3` is 3, `5-7` is 5, 6 and 7."""
    for word in words:
        first, _, last = word.partition("-")
        yield from range(int(first), int(last or first) + 1)


def main(words: Sequence[str]) -> int:
    failed = 0
    for seed in seeds(words):
        outcome = play(seed, FOLDER / f"seed-{seed}")
        failed += bool(outcome.problems)
        sys.stdout.write(f"{outcome.line}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
