"""What is deployed here is what is deployed into AWS, but for four places."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy_local.cdk import local_context, synth

# Place -> the paths (stack/resource/property) in which the templates may differ for it.
PLACES = {
    "an image from a registry's name": (
        r"Ingest/Resources/Task\w+/Properties/ContainerDefinitions/0/Image"
        r"|Ingest/Resources/TaskExecutionRoleDefaultPolicy\w+/Properties/PolicyDocument/Statement"
    ),
    "an AMI by its id": (
        r"Network/Parameters/SsmParameterValue\w+"
        r"|Network/Resources/VpcPublicSubnet1NatInstance\w+/Properties/ImageId"
    ),
    "this machine's architecture": (
        r"Compute/Resources/\w+Function\w+/Properties/Architectures/0"
        r"|Compute/Resources/\w+Function\w+/Properties/Code/S3Key"
        r"|Ingest/Resources/Task\w+/Properties/RuntimePlatform/CpuArchitecture"
    ),
    "no page is copied": (
        r"Page"
        r"|(Api|Web)/Outputs/ExportsOutput\w+"
        r"|Web/Resources/Page\w+/Properties/Tags"
    ),
}


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("templates")
    page = folder / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html>")
    common = {"bundling": "off", "code_version": "test"}
    for_aws = synth(folder / "aws", {**common, "page": str(page)})
    for_here = synth(folder / "here", {**common, **local_context("x86_64", "3.11")})
    return list(_differing(_templates(for_aws), _templates(for_here)))


def test_local_and_aws_templates_differ_in_four_places_only(differences: list[str]) -> None:
    allowed = re.compile("|".join(f"({each})" for each in PLACES.values()))
    assert [path for path in differences if not allowed.fullmatch(path)] == []


@pytest.mark.parametrize("place", PLACES)
def test_each_of_the_four_places_is_one(differences: list[str], place: str) -> None:
    assert [path for path in differences if re.fullmatch(PLACES[place], path)]


def _templates(folder: Path) -> dict[str, Any]:
    """Stack -> template."""
    return {
        path.name.split(".")[0].rsplit("-", 1)[-1]: json.loads(path.read_text())
        for path in folder.glob("*.template.json")
    }


def _differing(left: Any, right: Any, path: str = "") -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):
            below = f"{path}/{key}".strip("/")
            if key in left and key in right:
                yield from _differing(left[key], right[key], below)
            else:
                yield below
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differing(one, other, f"{path}/{number}")
    elif left != right:
        yield path
