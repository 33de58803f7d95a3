"""The Compose file as data; it cannot be run where there is no Docker."""

import re
from typing import Any

import pytest
import yaml

from quantterminal import settings, topology
from tests.project_files import ROOT

TEXT = (ROOT / "ingest_container" / "compose.yaml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {name: each for name, each in SERVICES.items() if "build" in each}
KNOWN = settings.VARIABLES | settings.CLOUD_VARIABLES | settings.OPTIONAL_VARIABLES
# How an AWS SDK is told who it is and where; nothing of ours.
OF_THE_SDK = {
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
}
# The keys of the Compose specification that this file uses.
KEYS = {
    *("image", "build", "command", "entrypoint", "environment", "secrets", "ports", "volumes"),
    *("healthcheck", "depends_on", "restart", "stop_grace_period"),
    *("read_only", "tmpfs", "cap_drop", "security_opt", "init"),
}

EVERY_SERVICE = pytest.mark.parametrize("name", sorted(SERVICES))
EVERY_ONE_OF_OURS = pytest.mark.parametrize("name", sorted(OURS))


def test_the_file_has_database_cache_and_container() -> None:
    assert set(SERVICES) == {"database", "cache", "migrate", "ingest"}
    assert set(FILE) == {"name", "x-ours", "x-environment", "services", "secrets", "volumes"}


@EVERY_SERVICE
def test_a_service_uses_known_keys_only(name: str) -> None:
    assert set(SERVICES[name]) <= KEYS


@EVERY_ONE_OF_OURS
def test_variables_are_named_as_in_the_cloud(name: str) -> None:
    assert set(OURS[name]["environment"]) - OF_THE_SDK <= set(KNOWN)


def test_the_container_is_told_everything_that_it_is_told_in_the_cloud() -> None:
    in_the_cloud = {"QT_CONFIG", "QT_CODE_VERSION", *topology.INGEST.variables}
    # Valkey has no password here: only this network and this machine reach it.
    assert in_the_cloud - set(OURS["ingest"]["environment"]) == {"QT_REDIS_SECRET_ID"}


@EVERY_SERVICE
def test_a_foreign_image_is_pinned_to_a_release(name: str) -> None:
    if name in OURS:
        return
    assert re.fullmatch(
        r"[a-z]+/[a-z]+:\d+\.\d+\.\d+-[a-z0-9]+(@sha256:\S+)?", SERVICES[name]["image"]
    )


@EVERY_ONE_OF_OURS
def test_our_image_is_built_from_the_one_dockerfile(name: str) -> None:
    build = OURS[name]["build"]
    assert (ROOT / "ingest_container" / build["context"] / build["dockerfile"]).is_file()


@EVERY_ONE_OF_OURS
def test_our_container_may_write_nothing_and_gain_nothing(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@EVERY_SERVICE
def test_ports_are_on_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@EVERY_SERVICE
def test_no_secret_stands_in_clear(name: str) -> None:
    """What is secret comes from a file or from the shell, never from here."""
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search(r"PASSWORD|TOKEN|KEY|SECRET", variable):
            assert value is None or value.startswith(("${", "/run/secrets/"))
    assert FILE["secrets"]["database_password"]["file"].startswith("${DATABASE_PASSWORD_FILE:?")


@EVERY_SERVICE
def test_who_is_waited_for_can_say_that_it_is_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert SERVICES[other]["healthcheck"]["test"][0] == "CMD"
        else:
            assert how["condition"] == "service_completed_successfully"


def test_the_working_state_refuses_rather_than_forgets() -> None:
    command = SERVICES["cache"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_what_has_not_been_run_says_so() -> None:
    assert "has not been run" in TEXT
    assert "has not been run" in (ROOT / "ingest_container" / "README.md").read_text()
