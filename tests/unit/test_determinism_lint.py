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
# What handles money must not depend on the order of a set either: hash seeds change it.
MONEY = (
    "quantterminal/domain",
    "quantterminal/services",
    "quantterminal/adapters/alpaca",
    "quantterminal/adapters/memory",
    "quantterminal/adapters/postgres",
    "quantterminal/adapters/redis",
    "quantterminal/adapters/sqs",
    "quantterminal/adapters/wire",
    "handlers",
)
ORDERED = ("list", "tuple", "enumerate", "iter", "next", "zip", "map", "filter", "reversed")
UNORDERED = ("set", "frozenset", "sorted", "sum", "any", "all", "min", "max", "len", "bool")
# An exception to the rule would be marked like this; there is none, and there shall be none.
EXCEPTION_MARK = "dst" + "-ok"


def modules(folders: tuple[str, ...] = FOLDERS) -> list[Path]:
    return sorted(path for folder in folders for path in (FUNCTIONS / folder).rglob("*.py"))


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


def set_iterations(source: str) -> Iterator[str]:
    """`line: expression` wherever the order of a set would be seen."""
    tree = ast.parse(source)
    sets = {name for node in ast.walk(tree) for name in _names_of_sets(node)}
    harmless = {
        id(each)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in UNORDERED
        for each in node.args
    }
    for node in ast.walk(tree):
        for seen in _seen_in_order(node, harmless):
            if _is_set(seen, sets):
                yield f"{seen.lineno}: {ast.unparse(seen)}"


def _seen_in_order(node: ast.AST, harmless: set[int]) -> list[ast.expr]:
    """What `node` goes through one by one, where that shows."""
    if isinstance(node, ast.For):
        return [node.iter]
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
        return [] if id(node) in harmless else [each.iter for each in node.generators]
    if isinstance(node, ast.Starred):
        return [node.value]
    if isinstance(node, ast.Call) and (_called(node) in ORDERED or _called(node) == "join"):
        return node.args
    return []


def _is_set(node: ast.expr, sets: set[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        return _called(node) in ("set", "frozenset")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub):
        return any(_is_set(side, sets) or _is_keys(side) for side in (node.left, node.right))
    return ast.unparse(node) in sets


def _is_keys(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _called(node) == "keys"


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def _names_of_sets(node: ast.AST) -> Iterator[str]:
    """Names (and attributes of self) that are annotated as a set, or given one."""
    if isinstance(node, ast.AnnAssign) and _is_set_type(node.annotation):
        yield ast.unparse(node.target)
    elif isinstance(node, ast.arg) and node.annotation and _is_set_type(node.annotation):
        yield node.arg
    elif isinstance(node, ast.Assign) and _is_set(node.value, set()):
        yield from (ast.unparse(target) for target in node.targets)


def _is_set_type(annotation: ast.expr) -> bool:
    return ast.unparse(annotation).startswith(("set[", "frozenset["))


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


@pytest.mark.parametrize("path", modules(MONEY), ids=lambda path: str(path.relative_to(FUNCTIONS)))
def test_no_money_depends_on_the_order_of_a_set(path: Path) -> None:
    assert list(set_iterations(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "for each in {1, 2}: pass",
        "found = set(names)\nchosen = [each for each in found]",
        "first = next(iter(frozenset(names)))",
        "def go(wanted: set[str]):\n    return ', '.join(wanted)",
        "prices = {name: 1 for name in ours.keys() | theirs.keys()}",
        "values = [*{1, 2}]",
    ],
)
def test_the_lint_sees_the_order_of_sets(source: str) -> None:
    assert list(set_iterations(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "for each in sorted({1, 2}): pass",
        "total = sum(price for price in {1, 2})",
        "is_known = name in {1, 2}",
        "for name in dict.fromkeys(names): pass",
        "both = {each for each in set(names)}",
    ],
)
def test_the_lint_lets_orderless_uses_of_sets_pass(source: str) -> None:
    assert list(set_iterations(source)) == []


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
