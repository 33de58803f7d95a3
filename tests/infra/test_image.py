"""The image's steps, done without an engine: its install in a clean environment, its entry point
from the files that it copies.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra_cdk.building import ROOT
from quantterminal import topology

DOCKERFILE = (ROOT / "ingest_container" / "Dockerfile").read_text()
_UNREACHABLE = ("Could not fetch", "Failed to establish", "Temporary failure", "No matching distri")


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [
        re.sub(r"\s+", " ", line[len(name) :]).strip()
        for line in joined.splitlines()
        if line.startswith(f"{name} ")
    ]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in place of the image's root: `venv` as /opt/venv and `app` as /app."""
    root = tmp_path_factory.mktemp("image")
    for line in instructions("COPY"):
        if line.startswith("--from"):
            continue
        source, target = line.split()
        if target.startswith("/app/"):
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, root / target.lstrip("/"), ignore=unwanted)
        else:
            (root / target.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, root / target.lstrip("/"))
    [install] = [line for line in instructions("RUN") if "pip install" in line]
    for step in install.split(" && "):
        command = [
            sys.executable if word == "python" else re.sub(r"^/(opt|build)", rf"{root}/\1", word)
            for word in step.split()
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
        if done.returncode and any(word in done.stderr for word in _UNREACHABLE):
            pytest.skip(f"the package index is not reachable: {done.stderr[-200:]}")
        assert done.returncode == 0, done.stderr
    return root


def started(image: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    [entry] = instructions("ENTRYPOINT")
    command = [str(image / "opt" / "venv" / "bin" / "python"), *json.loads(entry)[1:]]
    told = {**variables(), "PATH": os.defpath, "PYTHONPATH": str(image / "app"), **environment}
    return subprocess.run(
        command,
        cwd=image / "app",
        env=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_entry_point_says_what_it_is_not_told(image: Path) -> None:
    done = started(image, {})
    assert done.returncode == 2
    assert done.stderr == (
        "ingest container: Expected in the environment, but missing: QT_CONFIG\n"
    )


def test_the_image_holds_all_that_the_container_imports(image: Path) -> None:
    """Every module of ours that the container can reach is imported from the copied files."""
    code = (
        "import ingest_container.shell, quantterminal.bootstrap.container as c;"
        "from quantterminal.adapters.alpaca.session import AlpacaSession;"
        "from quantterminal.adapters.polygon.client import PolygonHistory;"
        "from quantterminal.adapters.postgres.bar_store import PostgresBarStore;"
        "from quantterminal.adapters.redis import watermarks;"
        "import boto3, quantterminal.services.reconcile; print(c.__file__)"
    )
    python = str(image / "opt" / "venv" / "bin" / "python")
    environment = {"PYTHONPATH": str(image / "app"), "PATH": os.defpath}
    done = subprocess.run(
        [python, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(image / "app"))


def test_the_image_is_built_in_two_steps_and_runs_as_nobody() -> None:
    assert len(instructions("FROM")) == 2
    assert instructions("USER") == ["10001"]
    [install] = [line for line in instructions("RUN") if "pip install" in line]
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install


def test_the_image_asks_its_own_health_page() -> None:
    [check] = instructions("HEALTHCHECK")
    assert f"127.0.0.1:{topology.INGEST.health_port}/health" in check
    assert variables()["QT_HEALTH_PORT"] == str(topology.INGEST.health_port)


def test_the_base_image_can_be_pinned_by_digest() -> None:
    assert instructions("ARG") == ["PYTHON_IMAGE=python:3.13-slim-bookworm"]
    assert {line.split()[0] for line in instructions("FROM")} == {"${PYTHON_IMAGE}"}
