"""What decides must decide the same twice: it reads no clock, no chance and no surroundings."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project_files import ROOT, texts

FUNCTIONS = ROOT / "functions"
FOLDERS = (
    "quantterminal/domain",
    "quantterminal/ports",
    "quantterminal/services",
    "quantzoo",
    "handlers",
)
FORBIDDEN = (
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "multiprocessing",
    "os.environ",
    "os.getenv",
    "os.urandom",
    "random",
    "secrets",
    "threading",
    "time",
    "uuid.uuid1",
    "uuid.uuid4",
)
# An exception to the rule would be marked like this; there is none, and there shall be none.
EXCEPTION_MARK = "dst" + "-ok"


def modules() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (FUNCTIONS / folder).rglob("*.py"))


def forbidden_uses(source: str) -> Iterator[str]:
    """`line: dotted name` of every forbidden thing that is imported or reached for."""
    tree = ast.parse(source)
    names = dict(_imported_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            dotted = _dotted(node, names)
            if dotted and _is_forbidden(dotted):
                yield f"{node.lineno}: {dotted}"
    yield from (f"import: {dotted}" for dotted in names.values() if _is_forbidden(dotted))


def _imported_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What a name in the module stands for: `dt` -> `datetime`, `now` -> `time.time`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                first = each.name.split(".")[0]
                yield (each.asname, each.name) if each.asname else (first, first)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                yield each.asname or each.name, f"{node.module}.{each.name}"


def _dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else None
    return None


def _is_forbidden(dotted: str) -> bool:
    return any(dotted == each or dotted.startswith(f"{each}.") for each in FORBIDDEN)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(FUNCTIONS)))
def test_module_reads_no_clock_no_chance_and_no_environment(path: Path) -> None:
    assert list(forbidden_uses(path.read_text())) == []


def test_no_exception_is_claimed_anywhere() -> None:
    assert [name for name, text in texts(".py") if EXCEPTION_MARK in text] == []


@pytest.mark.parametrize(
    "source",
    [
        "import time\nstarted = time.monotonic()",
        "from time import sleep as rest",
        "from datetime import UTC, datetime\nnow = datetime.now(UTC)",
        "import datetime as dt\nnow = dt.datetime.utcnow()",
        "from uuid import uuid4",
        "import os\nkey = os.environ['KEY']",
        "import random\nrandom.seed(1)",
        "def late():\n    from threading import Thread",
    ],
)
def test_the_lint_sees_what_it_forbids(source: str) -> None:
    assert list(forbidden_uses(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime, time\nat = time(9, 30)\nend = datetime(2026, 1, 2)",
        "def step(clock):\n    return clock.now()",
        "from uuid import UUID",
        "import os.path",
    ],
)
def test_the_lint_lets_values_and_ports_pass(source: str) -> None:
    assert list(forbidden_uses(source)) == []
