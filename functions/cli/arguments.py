"""The one thing that the command line's library does not do: several values after one flag."""

from collections.abc import Collection, Iterator, Sequence


def spread(arguments: Sequence[str], flags: Collection[str]) -> list[str]:
    """`--bars a b --exit` becomes `--bars a --bars b --exit`, for each of `flags`."""
    return list(_spread(arguments, flags))


def _spread(arguments: Sequence[str], flags: Collection[str]) -> Iterator[str]:
    current: str | None = None
    is_first = False
    for argument in arguments:
        if argument.startswith("-"):
            current = argument if argument in flags else None
            is_first = True
        elif current is not None:
            if not is_first:
                yield current
            is_first = False
        yield argument
