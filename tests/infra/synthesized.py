"""Reads what the CDK app has written: templates, names of things, accepted findings."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra_cdk.app import build

RULE_PACKS = ("AwsSolutions-", "Serverless-")
_HASH = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True)
class Template:
    """One stack; `exports` are those of the whole assembly, by name: the id behind each."""

    name: str
    resources: dict[str, dict[str, Any]]
    exports: dict[str, str]
    paths: dict[str, str]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id -> properties of every resource of that type."""
        return {
            name: each.get("Properties", {})
            for name, each in self.resources.items()
            if each["Type"] == kind
        }

    def only(self, kind: str) -> dict[str, Any]:
        [found] = self.of_type(kind).values()
        return found

    def named(self, kind: str, path: str) -> dict[str, Any]:
        """The one resource of that type whose construct's path holds `path`."""
        [found] = [
            each for name, each in self.of_type(kind).items() if path in self.paths.get(name, "")
        ]
        return found

    def text(self, value: Any) -> str:
        """A value with its references as `<Thing.Attribute>`, without the hashes of their ids."""
        if isinstance(value, dict) and len(value) == 1:
            [(function, argument)] = value.items()
            match function:
                case "Ref":
                    return f"<{_plain(argument)}>"
                case "Fn::GetAtt":
                    return f"<{_plain(argument[0])}.{argument[1]}>"
                case "Fn::ImportValue":
                    return self.exports[argument]
                case "Fn::Join":
                    return argument[0].join(self.text(part) for part in argument[1])
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


@dataclass(frozen=True)
class Assembly:
    """All stacks of one deployment."""

    folder: Path

    @cached_property
    def templates(self) -> dict[str, Template]:
        """By the last part of the stack's name."""
        raw = {
            path.name.split(".")[0]: json.loads(path.read_text())
            for path in sorted(self.folder.glob("*.template.json"))
        }
        exports = {
            output["Export"]["Name"]: _exported(name.split("-")[-1], output["Value"])
            for name, each in raw.items()
            for output in each.get("Outputs", {}).values()
            if "Export" in output
        }
        return {
            name.split("-")[-1]: Template(
                name.split("-")[-1], each["Resources"], exports, self._paths(name)
            )
            for name, each in raw.items()
        }

    def __getitem__(self, name: str) -> Template:
        return self.templates[name]

    @cached_property
    def accepted(self) -> list[tuple[str, str, str]]:
        """(rule, construct, reason) of every finding of cdk-nag that is accepted."""
        return sorted(
            (rule.removeprefix("Annotation::"), path.split("-", 2)[2], reason)
            for path, entries in self._metadata()
            for entry in entries
            if entry["type"] == "aws:cdk:acknowledged-rules"
            for rule, reason in entry["data"].items()
            if rule.removeprefix("Annotation::").startswith(RULE_PACKS)
        )

    def _paths(self, stack: str) -> dict[str, str]:
        return {
            entry["data"]: path.removeprefix(f"/{stack}/")
            for path, entries in self._metadata(stack)
            for entry in entries
            if entry["type"] == "aws:cdk:logicalId"
        }

    def _metadata(self, stack: str = "*") -> list[tuple[str, list[dict[str, Any]]]]:
        return [
            item
            for path in sorted(self.folder.glob(f"{stack}.metadata.json"))
            for item in json.loads(path.read_text()).items()
        ]


def synthesized(folder: Path, context: dict[str, str]) -> Assembly:
    """The assembly without libraries and page, with all checks of the rule packs passed."""
    out = folder / "cdk.out"
    said = {"bundling": "off", "page": "off", "code_version": "test", **context}
    build(outdir=str(out), context=said).synth()
    return Assembly(out)


def _exported(stack: str, value: dict[str, Any]) -> str:
    [(function, argument)] = value.items()
    if function == "Ref":
        return f"<{stack}:{_plain(argument)}>"
    return f"<{stack}:{_plain(argument[0])}.{argument[1]}>"


def _plain(logical_id: str) -> str:
    return _HASH.sub("", logical_id)
