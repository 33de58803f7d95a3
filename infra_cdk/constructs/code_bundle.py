"""The code of the Lambdas as one asset: our packages and the locked libraries, for their machine.

Made without Docker: uv fetches the wheels of the runtime's platform whatever this machine is. The
bytecode is compiled with the runtime's own Python minor and marked as unchecked, because the
archive resets every file's time and Python would otherwise throw it away and compile at each
cold start (three times the import time).

boto3 and what only it needs are left to the runtime, which brings them: they would be the largest
part of the archive, and only calls that its versions have long known are made.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_

from infra_cdk.building import Building
from infra_cdk.deployment import SHIPPED
from infra_cdk.errors import BundlingError

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "functions"
LOCK = SOURCE / "requirements.txt"
PYTHON_MINOR = "3.13"
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
NOT_CODE = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pyi", "py.typed", "README.md")
LEFT_TO_THE_RUNTIME = frozenset({"boto3", "botocore", "s3transfer", "python-dateutil", "six"})
LIBRARY_BALLAST = ("**/tests", "**/*.pyi", "bin", ".lock")


def code(building: Building) -> lambda_.Code:
    """The asset of all functions, or the plain sources where bundling is off."""
    if not building.bundling:
        return lambda_.Code.from_asset(
            str(SOURCE), exclude=["**/__pycache__", "cli", "local", "**/*.txt", "**/*.md"]
        )
    return lambda_.Code.from_asset(
        str(SOURCE),
        asset_hash_type=cdk.AssetHashType.OUTPUT,
        bundling=cdk.BundlingOptions(
            image=cdk.DockerImage.from_registry("none"),  # required by the type, never used
            local=LocalBundle(building.machine, building.python or PYTHON_MINOR),
        ),
    )


@jsii.implements(cdk.ILocalBundling)
class LocalBundle:
    """Hands `bundle` to the CDK. It raises instead of answering False, which would mean Docker."""

    def __init__(self, machine: str, minor: str) -> None:
        self._machine, self._minor = machine, minor

    def try_bundle(self, output_dir: str, _options: object = None, **_more: object) -> bool:
        bundle(Path(output_dir), machine=self._machine, minor=self._minor)
        return True


def bundle(output: Path, *, machine: str = "arm64", minor: str = PYTHON_MINOR) -> None:
    """Fills `output` with what a function's archive holds. Raises BundlingError."""
    _install_libraries(output, PLATFORMS[machine], minor)
    for pattern in LIBRARY_BALLAST:
        for path in list(output.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for package in SHIPPED:
        shutil.copytree(SOURCE / package, output / package, ignore=NOT_CODE)
    python = runtime_python(minor)
    if python is None:
        sys.stderr.write(
            f"WARNING: no python{minor} on this machine, so the functions carry no "
            "bytecode and start three times slower. Do not deploy this.\n"
        )
        return
    compile_all = ["-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    _run([python, *compile_all, "-s", str(output), "-p", "/var/task", str(output)])


def shipped_requirements(lock: str) -> str:
    """The lock without the blocks of what the runtime brings; a block is a requirement and its
    hashes.
    """
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    kept = [block for block in blocks if block.split("==")[0] not in LEFT_TO_THE_RUNTIME]
    return "".join(kept)


def runtime_python(minor: str = PYTHON_MINOR) -> str | None:
    """A Python of the runtime's minor: bytecode of any other is not read."""
    candidates = [sys.executable, shutil.which(f"python{minor}"), *_pyenv_pythons(minor)]
    for candidate in candidates:
        if candidate is None:
            continue
        asked = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() == minor:
            return candidate
    return None


def _pyenv_pythons(minor: str) -> list[str]:
    """Pyenv's own, which its shims on the path hide unless they are chosen."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    if not os.access(root, os.R_OK | os.X_OK):  # somebody else's, named by an inherited variable
        return []
    return [str(each) for each in sorted(root.glob(f"versions/{minor}*/bin/python"))]


def _install_libraries(output: Path, platform: str, minor: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(shipped_requirements(LOCK.read_text()))
        _run(
            [
                *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes"),
                *("--no-deps", "--requirement", str(wanted), "--target", str(output)),
                *("--link-mode", "copy", "--only-binary", ":all:"),
                *("--python-platform", platform, "--python-version", minor),
            ]
        )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise BundlingError(f"{' '.join(command[:5])} ... ended with {done.returncode}: {said}")
