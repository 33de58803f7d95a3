"""Reads the cloud assembly of `make synth`: every resource of every stack in its manifest."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.cost.errors import NotSynthesizedError


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as CloudFormation will see it; intrinsic functions stay as they are."""

    stack: str
    name: str
    type: str
    properties: dict[str, Any]


def read_resources(assembly: Path) -> tuple[Resource, ...]:
    """All resources of the stacks that the manifest names; what else lies there is ignored.

    Raises NotSynthesizedError when there is no manifest.
    """
    manifest = assembly / "manifest.json"
    if not manifest.is_file():
        raise NotSynthesizedError(
            f"Expected templates in {assembly}, found none: run `make synth` first"
        )
    return tuple(_resources_of(assembly))


def _resources_of(assembly: Path) -> Iterator[Resource]:
    artifacts = json.loads((assembly / "manifest.json").read_text()).get("artifacts", {})
    for name, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "aws:cloudformation:stack":
            template = json.loads((assembly / properties["templateFile"]).read_text())
            for logical_id, each in template.get("Resources", {}).items():
                yield Resource(name, logical_id, each["Type"], each.get("Properties", {}))
        elif artifact["type"] == "cdk:cloud-assembly":
            yield from _resources_of(assembly / properties["directoryName"])


def plain_text(value: Any) -> str:
    """What is known before the deploy of a string that may hold references."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str() as glue, list() as parts]}:
            return glue.join(plain_text(part) for part in parts)
        case {"Fn::Sub": str() as text} | {"Fn::Sub": [str() as text, *_]}:
            return text
        case _:
            return ""
