"""How the templates are made, as against what is deployed: nothing here changes what a user gets.

The defaults are for AWS. A deployment into an emulator on one machine names an image from a
registry, an AMI, this machine's architecture and no page: the only four places in which its
templates may differ.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import aws_lambda as lambda_

from infra_cdk.errors import DeploymentError

ROOT = Path(__file__).resolve().parent.parent
_ARCHITECTURES = {"arm64": "ARM_64", "x86_64": "X86_64"}


@dataclass(frozen=True, slots=True)
class Building:
    """`bundling` off leaves the libraries out of the functions' archive, for who only wants the
    templates. `page` is the folder of the built page, None when there is none to publish. `python`
    is the minor that the archive is for, None for the runtime's own.
    """

    code_version: str
    machine: str = "arm64"
    python: str | None = None
    bundling: bool = True
    image: str | None = None
    nat_image: str | None = None
    page: Path | None = None

    @property
    def architecture(self) -> lambda_.Architecture:
        architecture: lambda_.Architecture = getattr(
            lambda_.Architecture, _ARCHITECTURES[self.machine]
        )
        return architecture


def read_building(context: Mapping[str, Any]) -> Building:
    """What the context says: `bundling` (on, off), `machine` (arm64, x86_64), `python` (3.13),
    `image`, `nat_image`, `page` (a folder, or off) and `code_version`. Raises DeploymentError.
    """
    machine = str(context.get("machine", "arm64"))
    if machine not in _ARCHITECTURES:
        raise DeploymentError(f"machine: expected one of {list(_ARCHITECTURES)}, was {machine!r}")
    page = str(context.get("page", ROOT / "web" / "dist"))
    folder = None if page == "off" or not (Path(page) / "index.html").is_file() else Path(page)
    return Building(
        code_version=str(context.get("code_version") or _commit()),
        machine=machine,
        python=context.get("python"),
        bundling=context.get("bundling") != "off",
        image=context.get("image"),
        nat_image=context.get("nat_image"),
        page=folder,
    )


def _commit() -> str:
    """The commit of this checkout, `unversioned` outside of one."""
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unversioned"
    return found.stdout.strip() or "unversioned"
