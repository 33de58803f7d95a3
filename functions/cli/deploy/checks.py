"""The questions after a deploy, each answered by one sentence: what is wrong, or what was seen.

A version that differs between two functions is how a deploy once lost 440 million dollars in 45
minutes, so it comes first and stands alone.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.deploy.parts import ALARMS, MAPPING, QUEUE, Parts, reader_of
from quantterminal import topology


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    is_good: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be found: the trading mode, and the version (the functions' own when empty)."""

    mode: str = "PAPER"
    version: str = ""


def check_version(parts: Parts, wanted: Wanted) -> Finding:
    """Whether every function of the topology, and the container, carry one version."""
    functions = parts.functions()
    missing = {each.name for each in topology.FUNCTIONS} - {each.service for each in functions}
    if missing:
        return Finding("version", is_good=False, detail=f"not deployed: {sorted(missing)}")
    found = {each.service: each.version for each in functions}
    found.update({f"container {n}": v for n, v in enumerate(parts.task_versions(), start=1)})
    expected = wanted.version or found["execution"]
    others = {name: version for name, version in found.items() if version != expected}
    if others or not expected:
        detail = f"expected {expected or 'a version'} everywhere, was {others or found}"
        return Finding("version", is_good=False, detail=detail)
    return Finding("version", is_good=True, detail=f"{expected} in {len(found)} places")


def check_mode(parts: Parts, wanted: Wanted) -> Finding:
    modes = {
        each.service: json.loads(each.variables["QT_CONFIG"])["mode"]
        for each in parts.functions()
        if each.variables.get("QT_CONFIG")
    }
    others = {name: mode for name, mode in modes.items() if mode != wanted.mode}
    if others or not modes:
        return Finding("mode", is_good=False, detail=f"expected {wanted.mode}, was {others}")
    return Finding("mode", is_good=True, detail=f"{wanted.mode} in {len(modes)} functions")


def check_mappings(parts: Parts, _wanted: Wanted) -> Finding:
    """Whether every queue has its reader, switched on unless it is the one that a deploy holds."""
    client = parts.aws("lambda")
    execution = parts.function("execution").name
    found = [client.get_event_source_mapping(UUID=uuid) for uuid in parts.of(MAPPING)]
    off = [
        reader_of(each)
        for each in found
        if not each["State"].startswith("Enabl") and reader_of(each) != execution
    ]
    if off or len(found) != len(topology.QUEUES):
        detail = f"expected {len(topology.QUEUES)} readers, found {len(found)}, off: {off}"
        return Finding("queue readers", is_good=False, detail=detail)
    return Finding("queue readers", is_good=True, detail=f"{len(found)} readers")


def check_dead_letters(parts: Parts, _wanted: Wanted) -> Finding:
    client = parts.aws("sqs")
    attributes = {
        url: client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for url in parts.of(QUEUE)
    }
    # What no other queue sends its failures to is a working queue.
    ends = {
        json.loads(each["RedrivePolicy"])["deadLetterTargetArn"]
        for each in attributes.values()
        if "RedrivePolicy" in each
    }
    full = {
        url.rpartition("/")[2]: each["ApproximateNumberOfMessages"]
        for url, each in attributes.items()
        if each["QueueArn"] in ends and each["ApproximateNumberOfMessages"] != "0"
    }
    if full:
        return Finding("dead letters", is_good=False, detail=f"expected none, was {full}")
    return Finding("dead letters", is_good=True, detail=f"{len(ends)} queues are empty")


def check_ledger(parts: Parts, _wanted: Wanted) -> Finding:
    """The deploy has migrated the ledger: asked again, there is nothing left to apply."""
    answer = _invoke(parts, "migrate")
    is_good = answer.get("applied") == []
    return Finding("ledger", is_good=is_good, detail="current" if is_good else _short(answer))


def check_books(parts: Parts, _wanted: Wanted) -> Finding:
    """One reconciliation reaches ledger, cache and broker, keys included, and they agree."""
    answer = _invoke(parts, "reconcile")
    is_good = answer.get("agrees") is True
    detail = "ledger, cache and broker agree" if is_good else _short(answer)
    return Finding("books", is_good=is_good, detail=detail)


def check_alarms(parts: Parts, _wanted: Wanted) -> Finding:
    """Alarms that would wake somebody; those that only feed another one have no action."""
    names = list(parts.of(*ALARMS))
    client = parts.aws("cloudwatch")
    found: list[dict[str, Any]] = []
    for start in range(0, len(names), 100):
        answer = client.describe_alarms(
            AlarmNames=names[start : start + 100], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        found += [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
    ringing = sorted(
        each["AlarmName"]
        for each in found
        if each["StateValue"] == "ALARM" and each.get("AlarmActions")
    )
    detail = f"expected none to ring, was {ringing}" if ringing else f"{len(found)} are quiet"
    return Finding("alarms", is_good=not ringing, detail=detail)


Check = Callable[[Parts, Wanted], Finding]
GATE: tuple[Check, ...] = (
    check_version,
    check_mode,
    check_mappings,
    check_dead_letters,
    check_ledger,
    check_books,
    check_alarms,
)


def run_gate(parts: Parts, wanted: Wanted, checks: tuple[Check, ...] = GATE) -> Iterator[Finding]:
    """Every check, also after a bad one; one that cannot be made is bad."""
    for check in checks:
        try:
            yield check(parts, wanted)
        except (BotoCoreError, ClientError) as problem:
            name = check.__name__.removeprefix("check_").replace("_", " ")
            yield Finding(name, is_good=False, detail=f"could not be asked: {problem}")


def _invoke(parts: Parts, service: str) -> dict[str, Any]:
    answer = parts.aws("lambda").invoke(
        FunctionName=parts.function(service).name, Payload=b"{}", InvocationType="RequestResponse"
    )
    body = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(body, dict):
        return {"error": body}
    return body


def _short(answer: dict[str, Any]) -> str:
    return json.dumps(answer)[:500]
