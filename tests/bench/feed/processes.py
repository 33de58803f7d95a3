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
    arguments = [
        text
        for name, value in options.items()
        for text in (f"--{name}".replace("_", "-"), str(value))
    ]
    command = [sys.executable, "-m", "tests.bench.feed.sender", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def measured(module: str, *arguments: str) -> dict[str, Any]:
    """What a module of the measuring prints, as JSON on its last line."""
    command = [sys.executable, "-m", f"tests.bench.feed.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} failed: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))
