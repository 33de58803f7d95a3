"""A bar on standard error while a computation goes on; nothing where nobody looks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bars_done(total: int, what: str = "bars") -> Iterator[Callable[[int], None]]:
    """What is called with the number of bars (or of `what`) that are done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(what, total=total)
        yield lambda done: shown.update(task, completed=done)
