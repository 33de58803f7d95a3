"""What one resource costs: a rule for each type that is billed.

A rule turns one resource into uses of prices. It reads the properties that change a price and
refuses values that it does not know, instead of taking the nearest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cli.cost.errors import UnpricedError
from cli.cost.prices import PRICES
from cli.cost.templates import Resource, plain_text
from cli.cost.usage import HOURS, SESSIONS, Usage
from quantterminal import topology

_HANDLERS = "handlers."
_NAT_DISK_GB = 8


@dataclass(frozen=True, slots=True)
class Use:
    """`quantity` units of the price named `price`, because of one resource."""

    price: str
    quantity: Decimal


Rule = Callable[[Resource, Usage], Iterator[Use]]


def fargate_task(resource: Resource, usage: Usage) -> Iterator[Use]:
    """One task of the size of the definition, while the container is up, and its images."""
    properties = resource.properties
    chip = properties.get("RuntimePlatform", {}).get("CpuArchitecture", "X86_64")
    kind = {"ARM64": "arm", "X86_64": "x86"}[chip]
    hours = usage["container hours"]
    yield Use(f"fargate-{kind}-vcpu", Decimal(properties["Cpu"]) / 1024 * hours)
    yield Use(f"fargate-{kind}-memory", Decimal(properties["Memory"]) / 1024 * hours)
    yield Use("image-storage", usage["images"])


def fargate_service(resource: Resource, usage: Usage) -> Iterator[Use]:
    network = resource.properties.get("NetworkConfiguration", {}).get("AwsvpcConfiguration", {})
    if network.get("AssignPublicIp") == "ENABLED":
        yield Use("ipv4", usage["container hours"])
    yield Use("zone-crossing", usage["feed traffic"])


def cluster(resource: Resource, usage: Usage) -> Iterator[Use]:
    settings = {s["Name"]: s["Value"] for s in resource.properties.get("ClusterSettings", [])}
    if settings.get("containerInsights", "disabled") != "disabled":
        yield Use("metrics", usage["insight metrics"])


def nat_gateway(_resource: Resource, usage: Usage) -> Iterator[Use]:
    yield Use("nat-gateway", HOURS)
    yield Use("nat-gateway-data", usage["feed traffic"])


def instance(resource: Resource, _usage: Usage) -> Iterator[Use]:
    """Runs day and night with a disk, and a public address unless it is refused one."""
    properties = resource.properties
    yield Use(_known(f"ec2-{properties['InstanceType']}", resource), HOURS)
    for device in properties.get("BlockDeviceMappings", [{}]):
        disk = device.get("Ebs", {})
        kind = disk.get("VolumeType", "gp3")
        yield Use(_known(f"ebs-{kind}", resource), Decimal(disk.get("VolumeSize", _NAT_DISK_GB)))
    interfaces = properties.get("NetworkInterfaces", [{}])
    if any(each.get("AssociatePublicIpAddress", True) for each in interfaces):
        yield Use("ipv4", HOURS)


def address(resource: Resource, _usage: Usage) -> Iterator[Use]:
    """An address of its own; one on an instance takes the place of the address counted there."""
    if "InstanceId" not in resource.properties:
        yield Use("ipv4", HOURS)


def endpoint(resource: Resource, _usage: Usage) -> Iterator[Use]:
    if resource.properties.get("VpcEndpointType", "Gateway") == "Interface":
        zones = len(resource.properties.get("SubnetIds", [])) or 1
        yield Use("interface-endpoint", HOURS * zones)


def flow_log(resource: Resource, usage: Usage) -> Iterator[Use]:
    if resource.properties.get("TrafficType") != "REJECT":
        raise UnpricedError(f"{_place(resource)}: expected a flow log of refusals only")
    yield Use("logs", usage["refused packets"])


def database(resource: Resource, usage: Usage) -> Iterator[Use]:
    """The instance while it is up, its disk always; backups up to the disk's size are free."""
    properties = resource.properties
    zones = 2 if properties.get("MultiAZ") else 1
    price = _known(f"rds-{properties['DBInstanceClass']}", resource)
    yield Use(price, usage["database hours"] * zones)
    yield Use("rds-storage", Decimal(properties["AllocatedStorage"]) * zones)
    if properties.get("ManageMasterUserPassword"):
        yield Use("secrets", Decimal(1))
    if properties.get("MonitoringInterval"):
        yield Use("logs", Decimal(1))


def serverless_cache(resource: Resource, usage: Usage) -> Iterator[Use]:
    if resource.properties.get("Engine") != "valkey":
        raise UnpricedError(f"{_place(resource)}: expected the engine valkey")
    yield Use("valkey-serverless", usage["working state"] * HOURS)
    yield Use("valkey-ecpu", usage["cache requests"])


def cache_nodes(resource: Resource, _usage: Usage) -> Iterator[Use]:
    properties = resource.properties
    nodes = Decimal(properties.get("NumCacheClusters", 1))
    yield Use(_known(f"valkey-{properties['CacheNodeType']}", resource), HOURS * nodes)


def function(resource: Resource, usage: Usage) -> Iterator[Use]:
    """A function of ours by its calls. The CDK's own helpers run at a deploy only."""
    properties = resource.properties
    handler = plain_text(properties.get("Handler"))
    if not handler.startswith(_HANDLERS):
        return
    name = handler.split(".")[1]
    if name not in usage.calls:
        raise UnpricedError(f"{_place(resource)}: nothing says how often {name} is called")
    if properties.get("Architectures") != ["arm64"] or "SnapStart" in properties:
        raise UnpricedError(f"{_place(resource)}: expected arm64 without SnapStart")
    calls = usage.calls[name]
    memory = Decimal(properties.get("MemorySize", 128)) / 1024
    yield Use("lambda-arm-compute", calls.count * calls.mean_ms / 1000 * memory)
    yield Use("lambda-requests", calls.count)
    yield Use("logs", calls.count * usage["logs"] / sum(c.count for c in usage.calls.values()))


def event_source(resource: Resource, usage: Usage) -> Iterator[Use]:
    """A queue's messages, the page's looks at it, and Lambda's own polling of it, which is billed
    like anybody's.
    """
    if "StartingPosition" in resource.properties:
        raise UnpricedError(f"{_place(resource)}: expected a queue, was a stream")
    yield Use("sqs-requests", usage["polls of a queue"])
    for name in ("queue requests", "looks at the queues"):
        yield Use("sqs-requests", usage[name] / len(topology.QUEUES))


def event_bus(_resource: Resource, usage: Usage) -> Iterator[Use]:
    yield Use("bus-events", usage["bus events"])


def event_archive(_resource: Resource, usage: Usage) -> Iterator[Use]:
    yield Use("archive-events", usage["bus events"] * 2000 / 10**9)


def topic(_resource: Resource, usage: Usage) -> Iterator[Use]:
    yield Use("sns-publishes", usage.calls["notify"].count)


def gateway(resource: Resource, usage: Usage) -> Iterator[Use]:
    protocol = resource.properties.get("ProtocolType")
    if protocol == "WEBSOCKET":
        yield Use("socket-messages", usage["socket messages"])
        yield Use("socket-minutes", usage["dashboard minutes"])
    elif protocol == "HTTP":
        yield Use("http-requests", usage["page calls"])
    else:
        raise UnpricedError(f"{_place(resource)}: expected WEBSOCKET or HTTP, was {protocol!r}")


def alarm(resource: Resource, _usage: Usage) -> Iterator[Use]:
    """By the metrics that it watches; a period under a minute costs three times as much."""
    properties = resource.properties
    queries = properties.get("Metrics", [{"MetricStat": {}}])
    metrics = Decimal(sum("MetricStat" in each for each in queries))
    fine = any(period < 60 for period in _periods(properties))
    yield Use("alarms", metrics * 3 if fine else metrics)


def metric_filter(resource: Resource, _usage: Usage) -> Iterator[Use]:
    """A metric is paid for in the hours in which it has values: all of them with a default, else
    those of what it looks for, at most one a session.
    """
    for each in resource.properties["MetricTransformations"]:
        yield Use("metrics", Decimal(1) if "DefaultValue" in each else SESSIONS / HOURS)


def composite_alarm(_resource: Resource, _usage: Usage) -> Iterator[Use]:
    yield Use("composite-alarms", Decimal(1))


def dashboard(_resource: Resource, _usage: Usage) -> Iterator[Use]:
    yield Use("dashboards", Decimal(1))


def secret(_resource: Resource, _usage: Usage) -> Iterator[Use]:
    yield Use("secrets", Decimal(1))


def key(_resource: Resource, _usage: Usage) -> Iterator[Use]:
    yield Use("kms-keys", Decimal(1))


def user_pool(resource: Resource, usage: Usage) -> Iterator[Use]:
    properties = resource.properties
    guarded = properties.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF") != "OFF"
    is_plus = guarded or properties.get("UserPoolTier") == "PLUS"
    yield Use("sign-in-plus" if is_plus else "sign-in", usage["users"])


def distribution(_resource: Resource, usage: Usage) -> Iterator[Use]:
    yield Use("page-transfer", usage["page calls"] / 1000)


def bucket(_resource: Resource, usage: Usage) -> Iterator[Use]:
    yield Use("s3-storage", usage["bucket"])
    yield Use("s3-writes", usage["bucket writes"])


def budget_action(_resource: Resource, _usage: Usage) -> Iterator[Use]:
    yield Use("budgets-with-actions", Decimal(1))


def _known(price: str, resource: Resource) -> str:
    if price not in PRICES:
        raise UnpricedError(f"{_place(resource)}: no price is known for {price}")
    return price


def _periods(properties: dict[str, Any]) -> Iterator[int]:
    yield int(properties.get("Period", 60))
    for each in properties.get("Metrics", []):
        yield int(each.get("MetricStat", {}).get("Period", 60))


def _place(resource: Resource) -> str:
    return f"{resource.stack}/{resource.name}"
