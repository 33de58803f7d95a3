"""The resource types that the local AWS lacks, each with its reason in one table.

The services behind these types are there; what is missing is the step from a template's properties
to their calls. An adapter makes exactly the call that CloudFormation makes, so that the record can
be asked for afterwards like any other.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import budgets, cloudwatch, ec2, elasticache, eventbridge
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Adapter:
    """`create` takes the logical id, the properties and the stack's name; `delete` what it made."""

    reason: str
    create: Callable[[str, Properties, str], Made]
    delete: Callable[[str, Properties], None]


def register() -> None:
    for kind, adapter in ADAPTERS.items():
        provisioners._RESOURCE_HANDLERS[kind] = {
            "create": adapter.create,
            "delete": adapter.delete,
        }


def called(operation: Callable[[Any], Any], parameters: Properties) -> str:
    """The body of the answer. Raises ValueError, which fails the resource and the deployment."""
    status, _, body = operation(parameters)
    text = body.decode() if isinstance(body, bytes) else str(body)
    if status >= 400:
        raise ValueError(f"{operation.__name__.strip('_')}: {text}")
    return text


def _query(parameters: Properties) -> dict[str, list[str]]:
    """Flattened as the query protocol has it: lists are numbered from 1."""
    flat: dict[str, list[str]] = {}

    def add(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                add(f"{name}.{key}" if name else key, each)
        elif isinstance(value, list):
            for number, each in enumerate(value, start=1):
                add(f"{name}.{number}", each)
        else:
            flat[name] = [str(value)]

    add("", parameters)
    return flat


def _group_rule(authorize: Callable[[Any], Any], revoke: Callable[[Any], Any]) -> Adapter:
    def parameters(properties: Properties) -> dict[str, list[str]]:
        ports = {"IpProtocol": properties["IpProtocol"]}
        ports |= {name: properties[name] for name in ("FromPort", "ToPort") if name in properties}
        peers: Properties = {}
        for name in ("SourceSecurityGroupId", "DestinationSecurityGroupId"):
            if name in properties:
                peers["Groups"] = [{"GroupId": properties[name]}]
        if "CidrIp" in properties:
            peers["IpRanges"] = [{"CidrIp": properties["CidrIp"]}]
        return _query({"GroupId": properties["GroupId"], "IpPermissions": [{**ports, **peers}]})

    def create(logical_id: str, properties: Properties, stack_name: str) -> Made:
        called(authorize, parameters(properties))
        return f"{stack_name}-{logical_id}", {"Id": logical_id}

    def delete(_physical_id: str, properties: Properties) -> None:
        called(revoke, parameters(properties))

    return Adapter("no handler for rules that stand apart from their group", create, delete)


def _create_instance(_logical_id: str, properties: Properties, _stack_name: str) -> Made:
    named = ("ImageId", "InstanceType", "SubnetId", "UserData")
    wanted = {name: properties[name] for name in named if name in properties}
    groups = properties.get("SecurityGroupIds") or [
        group for each in properties.get("NetworkInterfaces", []) for group in each["GroupSet"]
    ]
    for interface in properties.get("NetworkInterfaces", []):
        wanted["SubnetId"] = interface["SubnetId"]
    answer = called(ec2._run_instances, _query({**wanted, "SecurityGroupId": groups}))
    found = re.search(r"<instanceId>(i-\w+)</instanceId>", answer)
    if found is None:
        raise ValueError(f"run_instances: expected an instance, was {answer[:200]}")
    made = ec2._instances[found[1]]
    attributes = {"PrivateIp": made.get("PrivateIpAddress", ""), "InstanceId": found[1]}
    return found[1], attributes


def _delete_instance(physical_id: str, _properties: Properties) -> None:
    called(ec2._terminate_instances, _query({"InstanceId": [physical_id]}))


def _create_flow_log(_logical_id: str, properties: Properties, _stack_name: str) -> Made:
    named = ("ResourceType", "TrafficType", "LogDestinationType", "LogGroupName", "LogDestination")
    wanted = {name: properties[name] for name in named if name in properties}
    wanted["ResourceId"] = [properties["ResourceId"]]
    answer = called(ec2._create_flow_logs, _query(wanted))
    found = re.search(r"<item>(fl-\w+)</item>", answer)
    if found is None:
        raise ValueError(f"create_flow_logs: expected an id, was {answer[:200]}")
    return found[1], {"Id": found[1]}


def _delete_flow_log(physical_id: str, _properties: Properties) -> None:
    called(ec2._delete_flow_logs, _query({"FlowLogId": [physical_id]}))


def _create_archive(logical_id: str, properties: Properties, stack_name: str) -> Made:
    name = properties.get("ArchiveName") or f"{stack_name}-{logical_id}"[:48]
    pattern = properties.get("EventPattern")
    wanted = {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        "Description": properties.get("Description", ""),
        "RetentionDays": int(properties.get("RetentionDays", 0)),
        "EventPattern": json.dumps(pattern) if pattern else "",
    }
    answer = json.loads(called(eventbridge._create_archive, wanted))
    return name, {"Arn": answer["ArchiveArn"], "ArchiveName": name}


def _delete_archive(physical_id: str, _properties: Properties) -> None:
    called(eventbridge._delete_archive, {"ArchiveName": physical_id})


def _create_serverless_cache(_logical_id: str, properties: Properties, _stack_name: str) -> Made:
    named = ("ServerlessCacheName", "Engine", "MajorEngineVersion", "UserGroupId")
    wanted: Properties = {name: properties[name] for name in named if name in properties}
    wanted["CacheUsageLimits"] = properties.get("CacheUsageLimits", {})
    for name, item in (("SecurityGroupIds", "SecurityGroupId"), ("SubnetIds", "SubnetId")):
        wanted[name] = {item: properties.get(name, [])}
    called(elasticache._create_serverless_cache, _query(wanted))
    name = properties["ServerlessCacheName"].lower()
    made = elasticache._serverless_caches[name]
    endpoint = made["Endpoint"]
    attributes = {
        "ARN": made["ARN"],
        "Endpoint.Address": endpoint["Address"],
        "Endpoint.Port": str(endpoint["Port"]),
    }
    return name, attributes


def _delete_serverless_cache(physical_id: str, _properties: Properties) -> None:
    called(elasticache._delete_serverless_cache, _query({"ServerlessCacheName": physical_id}))


def _create_budget(logical_id: str, properties: Properties, stack_name: str) -> Made:
    budget = dict(properties["Budget"])
    budget.setdefault("BudgetName", f"{stack_name}-{logical_id}")
    if limit := budget.get("BudgetLimit"):
        budget["BudgetLimit"] = {**limit, "Amount": str(limit["Amount"])}
    entries = properties.get("NotificationsWithSubscribers", [])
    called(budgets._create_budget, {"Budget": budget, "NotificationsWithSubscribers": entries})
    return str(budget["BudgetName"]), {}


def _delete_budget(physical_id: str, _properties: Properties) -> None:
    called(budgets._delete_budget, {"BudgetName": physical_id})


def _create_composite_alarm(logical_id: str, properties: Properties, stack_name: str) -> Made:
    named = ("AlarmRule", "AlarmDescription", "AlarmActions", "OKActions", "ActionsEnabled")
    name = properties.get("AlarmName") or f"{stack_name}-{logical_id}"
    wanted = {each: properties[each] for each in named if each in properties}
    called(
        lambda body: cloudwatch._put_composite_alarm({}, body, is_cbor=False, is_json=True),
        {**wanted, "AlarmName": name},
    )
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _delete_composite_alarm(physical_id: str, _properties: Properties) -> None:
    called(
        lambda body: cloudwatch._delete_alarms({}, body, is_cbor=False, is_json=True),
        {"AlarmNames": [physical_id]},
    )


def _record(logical_id: str, _properties: Properties, stack_name: str) -> Made:
    return f"{stack_name}-{logical_id}", {"ActionId": logical_id}


def _forget(_physical_id: str, _properties: Properties) -> None:
    """A record that nobody else knows of."""


_NO_HANDLER = "the service is there, its CloudFormation type is not"

ADAPTERS: dict[str, Adapter] = {
    "AWS::EC2::Instance": Adapter(_NO_HANDLER, _create_instance, _delete_instance),
    "AWS::EC2::FlowLog": Adapter(_NO_HANDLER, _create_flow_log, _delete_flow_log),
    "AWS::EC2::SecurityGroupIngress": _group_rule(
        ec2._authorize_sg_ingress, ec2._revoke_sg_ingress
    ),
    "AWS::EC2::SecurityGroupEgress": _group_rule(ec2._authorize_sg_egress, ec2._revoke_sg_egress),
    "AWS::Events::Archive": Adapter(_NO_HANDLER, _create_archive, _delete_archive),
    "AWS::ElastiCache::ServerlessCache": Adapter(
        _NO_HANDLER, _create_serverless_cache, _delete_serverless_cache
    ),
    "AWS::Budgets::Budget": Adapter(_NO_HANDLER, _create_budget, _delete_budget),
    "AWS::Budgets::BudgetsAction": Adapter(
        "the service knows no actions: a record that nothing can be asked of", _record, _forget
    ),
    "AWS::CloudWatch::CompositeAlarm": Adapter(
        _NO_HANDLER, _create_composite_alarm, _delete_composite_alarm
    ),
}
