"""The measuring's processes: each part in one of its own, so that its cost is its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def sending(**options: float) -> Iterator[int]:
    """A sender with these options; its port."""
    with started("sender", **options) as process:
        yield int(process["port"])


@contextmanager
def started(module: str, **options: float) -> Iterator[dict[str, Any]]:
    """A process of the measuring that says on its first line, as JSON, where it is."""
    arguments = [
        text
        for name, value in options.items()
        for text in (f"--{name}".replace("_", "-"), str(value))
    ]
    command = [sys.executable, "-m", f"tests.bench.feed.{module}", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield dict(json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


def measured(module: str, *arguments: str) -> dict[str, Any]:
    """What a module of the measuring prints, as JSON on its last line."""
    command = [sys.executable, "-m", f"tests.bench.feed.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} failed: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))
