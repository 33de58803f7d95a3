import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra_cdk.app import build


@dataclass(frozen=True, slots=True)
class Template:
    """A synthesized stack, and what it imports from the others resolved to their logical ids."""

    resources: dict[str, dict[str, Any]]
    exports: dict[str, str]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id -> properties of every resource of that type."""
        return {
            name: each["Properties"]
            for name, each in self.resources.items()
            if each["Type"] == kind
        }


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Template]:
    outdir = tmp_path_factory.mktemp("cdk")
    build(outdir=str(outdir), context={"bundling": "off"}).synth()
    raw = {
        path.name.split(".")[0].removeprefix("QuantTerminal-"): json.loads(path.read_text())
        for path in Path(outdir).glob("*.template.json")
    }
    exports = {
        output["Export"]["Name"]: _logical_id(output["Value"])
        for each in raw.values()
        for output in each.get("Outputs", {}).values()
    }
    return {name: Template(each["Resources"], exports) for name, each in raw.items()}


def _logical_id(value: dict[str, Any]) -> str:
    return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
