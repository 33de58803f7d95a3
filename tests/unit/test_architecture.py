"""What import-linter's contracts in pyproject.toml cannot say; the contracts run in `make lint`."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from quantterminal import topology
from tests.project_files import PACKAGES, ROOT

DOMAIN = PACKAGES["quantterminal"] / "domain"
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text())


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("path", sorted(DOMAIN.rglob("*.py")), ids=lambda path: path.name)
def test_the_domain_needs_nothing_but_python(path: Path) -> None:
    foreign = {
        name
        for name in imported_modules(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith("quantterminal.domain")
    }
    assert foreign == set()


def test_imports_are_absolute() -> None:
    relative = [
        str(path.relative_to(ROOT))
        for folder in PACKAGES.values()
        for path in folder.rglob("*.py")
        if any(name.startswith(".") for name in imported_modules(path))
    ]
    assert relative == []


def test_the_import_rules_cover_every_package() -> None:
    linted = CONFIGURATION["tool"]["importlinter"]["root_packages"]
    typed = CONFIGURATION["tool"]["mypy"]["packages"]
    there = {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}
    assert set(linted) == set(typed) == there | {"ingest_container", "infra_cdk"}


def test_the_wheel_holds_every_package_that_runs() -> None:
    wheel = CONFIGURATION["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    runs = {str(path.relative_to(ROOT)) for path in PACKAGES.values()} - {"infra_cdk"}
    assert set(wheel) == runs


def test_vendor_libraries_stop_at_the_adapters() -> None:
    vendors = {"boto3", "botocore", "psycopg", "redis", "alpaca", "massive"}
    knows_vendors = {"adapters", "bootstrap", "bootstrap.py"}
    leaks = {
        f"{path.relative_to(ROOT)}: {name}"
        for package in ("quantterminal", "quantzoo", "handlers", "ingest_container")
        for path in PACKAGES[package].rglob("*.py")
        if not knows_vendors & set(path.relative_to(ROOT).parts)
        for name in imported_modules(path)
        if name.split(".")[0] in vendors
    }
    assert leaks == set()


@pytest.mark.parametrize("spec", topology.FUNCTIONS, ids=lambda spec: spec.name)
def test_every_function_of_the_topology_has_its_module(spec: topology.Function) -> None:
    tree = ast.parse((PACKAGES["handlers"] / f"{spec.name}.py").read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert "handler" in defined | assigned
