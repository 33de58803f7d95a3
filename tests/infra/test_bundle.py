"""The functions' archive as it is deployed: what is in it, what is not, and how big it is."""

import zipfile
from pathlib import Path

import pytest

from infra_cdk.constructs.code_bundle import (
    LEFT_TO_THE_RUNTIME,
    LOCK,
    bundle,
    runtime_python,
    shipped_requirements,
)
from infra_cdk.errors import BundlingError
from tests.infra.test_import_budget import NEVER

MOST_MB = 15
_UNREACHABLE = ("dns error", "client error (Connect)", "Failed to fetch", "timed out")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    try:
        bundle(folder)
    except BundlingError as problem:
        if any(word in str(problem) for word in _UNREACHABLE):
            pytest.skip(f"the package index is not reachable: {str(problem)[-200:]}")
        raise
    return folder


def test_the_archive_stays_small(archive: Path, tmp_path: Path) -> None:
    zipped = tmp_path / "code.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as target:
        for each in archive.rglob("*"):
            if each.is_file():
                target.write(each, each.relative_to(archive))
    assert zipped.stat().st_size < MOST_MB * 1024**2


def test_the_archive_holds_our_packages_and_the_locked_libraries(archive: Path) -> None:
    there = {each.name for each in archive.iterdir()}
    assert there >= {"quantterminal", "quantzoo", "handlers", "psycopg", "redis", "msgspec"}
    assert not there & (NEVER | LEFT_TO_THE_RUNTIME | {"cli", "local", "bin", "dateutil"})


def test_compiled_libraries_are_for_the_functions_machine(archive: Path) -> None:
    compiled = [each.name for each in archive.rglob("*.cpython-*.so")]
    assert compiled
    assert {name.split("cpython-")[1] for name in compiled} == {"313-aarch64-linux-gnu.so"}


def test_bytecode_is_trusted_without_a_look_at_the_sources(archive: Path) -> None:
    if runtime_python() is None:
        pytest.skip("no Python 3.13 on this machine to compile with; making the archive says so")
    compiled = list((archive / "handlers").rglob("*.cpython-313.pyc"))
    assert len(compiled) == len(list((archive / "handlers").glob("*.py")))
    for each in compiled:
        flags = int.from_bytes(each.read_bytes()[4:8], "little")
        assert flags == 1, f"{each.name}: expected unchecked-hash bytecode, was {flags}"


def test_migrations_travel_with_the_code(archive: Path) -> None:
    shipped = archive / "quantterminal" / "adapters" / "postgres" / "migrations"
    source = LOCK.parent / "quantterminal" / "adapters" / "postgres" / "migrations"
    assert {each.name for each in shipped.glob("*.sql")} == {
        each.name for each in source.glob("*.sql")
    }


def test_the_runtimes_own_libraries_are_left_out_of_the_lock() -> None:
    kept = {
        line.split("==")[0]
        for line in shipped_requirements(LOCK.read_text()).splitlines()
        if line and line[0].isalpha()
    }
    assert not kept & LEFT_TO_THE_RUNTIME
    assert {"psycopg", "redis", "msgspec", "urllib3", "jmespath"} <= kept
