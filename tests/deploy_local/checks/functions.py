"""Functions, what they are told and what they may do."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from quantterminal import settings, topology
from tests.deploy_local.findings import Findings
from tests.deploy_local.inventory import Inventory

_POWERTOOLS = (
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_LOG_LEVEL",
)
_LARGEST_ENVIRONMENT = 4096


def check_functions(findings: Findings, inventory: Inventory, machine: str) -> None:
    wanted = {each.name for each in topology.FUNCTIONS}
    findings.equal("functions", set(inventory.functions), wanted)
    roles = [each["Role"] for each in inventory.functions.values()]
    findings.equal("a role of its own for each", len(set(roles)), len(wanted))
    for spec in topology.FUNCTIONS:
        _check_function(findings, inventory, spec, machine)
        _check_environment(findings, inventory, spec)
        _check_role(findings, inventory, spec)
    _check_code_versions(findings, inventory)


def _check_function(
    findings: Findings, inventory: Inventory, spec: topology.Function, machine: str
) -> None:
    found = inventory.functions[spec.name]
    shown = (
        found["Handler"],
        found["Timeout"],
        found["MemorySize"],
        found["Runtime"],
        found["Architectures"],
        bool(found.get("VpcConfig", {}).get("SubnetIds")),
        found.get("LoggingConfig", {}).get("LogFormat"),
    )
    expected = (
        spec.handler,
        spec.timeout_s,
        spec.memory_mb,
        "python3.13",
        [machine],
        spec.is_in_network,
        "JSON",
    )
    findings.equal(f"{spec.name}: handler, limits, runtime, network, logs", shown, expected)


def _check_environment(findings: Findings, inventory: Inventory, spec: topology.Function) -> None:
    found = inventory.variables(spec.name)
    told = {"QT_CONFIG", "QT_CODE_VERSION", *spec.variables, *_POWERTOOLS}
    told |= {"PGSSLMODE"} if topology.Need.DATABASE in spec.needs else set()
    findings.equal(f"{spec.name}: is told what it needs, no more", set(found), told)
    empty = sorted(name for name, value in found.items() if not value or "${" in value)
    findings.equal(f"{spec.name}: every variable has a value", empty, [])
    known = {*settings.VARIABLES, *settings.CLOUD_VARIABLES, *settings.OPTIONAL_VARIABLES}
    unknown = {name for name in found if name.startswith("QT_")} - known
    size = sum(len(name) + len(value) for name, value in found.items())
    findings.holds(
        f"{spec.name}: variables are known and fit ({size} bytes)",
        not unknown and size <= _LARGEST_ENVIRONMENT,
        f"{unknown or size}",
    )


def _check_role(findings: Findings, inventory: Inventory, spec: topology.Function) -> None:
    name = inventory.functions[spec.name]["Role"].rsplit("/", 1)[-1]
    allowed = list(_allowed(inventory.client("iam"), name))
    stars = [action for action, _ in allowed if action == "*" or action.endswith(":*")]
    findings.equal(f"{spec.name}: no right to every action", stars, [])
    queues = {
        inventory.queue(url)["QueueArn"]: queue for queue, url in inventory.queue_urls.items()
    }
    sends = {queues[arn] for action, arn in allowed if _is_send(action) and arn in queues}
    findings.equal(f"{spec.name}: may send to", sends, set(spec.sends_to))
    readable = {arn for action, arn in allowed if action == "secretsmanager:GetSecretValue"}
    variables = inventory.variables(spec.name)
    told = {value for key, value in variables.items() if key.endswith("_SECRET_ID")}
    findings.equal(f"{spec.name}: may read the secrets it is told, no other", readable, told)


def _allowed(iam: Any, role: str) -> Iterator[tuple[str, str]]:
    """(action, resource) of every statement that allows something."""
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        parsed: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
        for statement in parsed["Statement"]:
            if statement["Effect"] == "Allow":
                for action in _listed(statement["Action"]):
                    for resource in _listed(statement["Resource"]):
                        yield action, resource


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _is_send(action: str) -> bool:
    return action == "sqs:SendMessage"


def _check_code_versions(findings: Findings, inventory: Inventory) -> None:
    versions = {inventory.variables(name)["QT_CODE_VERSION"] for name in inventory.functions}
    findings.equal("one code version everywhere", len(versions), 1)
    digests = {each["CodeSha256"] for each in inventory.functions.values()}
    findings.note(f"code {versions.pop()}, {len(digests)} archive(s)")
