"""What becomes of a deployment: deployed again, changed, destroyed."""

from collections.abc import Iterator
from pathlib import Path

from tests.deploy_local.cdk import Cdk
from tests.deploy_local.findings import Findings
from tests.deploy_local.inventory import PREFIX, Inventory

# Of the account, not of a deployment: nothing that can be listed stays behind.
SETTINGS = frozenset({"AWS::ApiGateway::Account"})


def check_no_change(findings: Findings, cdk: Cdk, templates: Path) -> None:
    said = cdk.deploy(templates)
    stacks = [path.name.removesuffix(".template.json") for path in _templates(templates)]
    unchanged = [name for name in stacks if f"{name} (no changes)" in said]
    findings.equal("deployed again: stacks without changes", sorted(unchanged), sorted(stacks))


def check_update(findings: Findings, cdk: Cdk, inventory: Inventory, templates: Path) -> None:
    """One value of the deployment is another one: it arrives, and nothing else is touched."""
    before, kept = inventory.template_resources(), set(inventory.resources())
    name = inventory.functions["maintenance"]["FunctionName"]
    cdk.deploy(templates)
    inventory.forget()
    after = inventory.template_resources()
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    functions = inventory.resources("AWS::Lambda::Function")
    wanted = {(stack, logical) for stack, logical, physical in functions if physical == name}
    findings.equal("an update changes one function", changed, wanted)
    findings.equal("an update replaces nothing", set(inventory.resources()) ^ kept, set())
    told = inventory.variables("maintenance")["QT_RETENTION_DAYS"]
    findings.equal("the changed value is told", told, "401")


def check_destroy(findings: Findings, cdk: Cdk, inventory: Inventory, templates: Path) -> None:
    kept = {
        (stack, logical)
        for (stack, logical), each in inventory.template_resources().items()
        if each.get("DeletionPolicy", "Delete").startswith("Retain")
        and each["Type"] not in SETTINGS
    }
    expected = {
        physical for stack, logical, physical in inventory.resources() if (stack, logical) in kept
    }
    cdk.destroy(templates)
    findings.equal("stacks after destroy", set(inventory.stacks), set())
    left = dict(_left(inventory))
    found = {name for names in left.values() for name in names}
    findings.equal("left are exactly the retained resources", found, expected)
    for kind, names in left.items():
        if names:
            findings.note(f"stays: {kind} {', '.join(sorted(names))}")
    snapshots = inventory.client("rds").describe_db_snapshots()["DBSnapshots"]
    findings.holds("a last snapshot of the ledger stays", snapshots, "was none")
    for each in snapshots:
        findings.note(f"stays: snapshot {each['DBSnapshotIdentifier']}")


def _templates(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PREFIX}*.template.json"))


def _left(inventory: Inventory) -> Iterator[tuple[str, set[str]]]:
    """What lives on in the services themselves, the CDK's own bootstrap left out."""
    client = inventory.client
    yield "queue", set(client("sqs").list_queues().get("QueueUrls", []))
    yield "function", {f["FunctionName"] for f in client("lambda").list_functions()["Functions"]}
    yield "schedule", {s["Name"] for s in client("scheduler").list_schedules()["Schedules"]}
    yield (
        "event bus",
        {b["Name"] for b in client("events").list_event_buses()["EventBuses"]} - {"default"},
    )
    yield "topic", {t["TopicArn"] for t in client("sns").list_topics()["Topics"]}
    yield "secret", {s["ARN"] for s in client("secretsmanager").list_secrets()["SecretList"]}
    yield "bucket", {b["Name"] for b in client("s3").list_buckets()["Buckets"]} - _cdk(inventory)
    yield (
        "role",
        {
            role["RoleName"]
            for page in client("iam").get_paginator("list_roles").paginate()
            for role in page["Roles"]
        }
        - _cdk(inventory),
    )
    groups = client("logs").describe_log_groups()["logGroups"]
    yield "log group", {g["logGroupName"] for g in groups}
    yield (
        "database",
        {d["DBInstanceIdentifier"] for d in client("rds").describe_db_instances()["DBInstances"]},
    )
    caches = client("elasticache").describe_serverless_caches()["ServerlessCaches"]
    yield "cache", {c["ServerlessCacheName"] for c in caches}
    yield "cluster", set(client("ecs").list_clusters()["clusterArns"])
    yield (
        "network",
        {v["VpcId"] for v in client("ec2").describe_vpcs()["Vpcs"] if not v["IsDefault"]},
    )
    yield "api", {a["ApiId"] for a in client("apigatewayv2").get_apis()["Items"]}
    pools = client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    yield "user pool", {p["Id"] for p in pools}
    alarms = client("cloudwatch").describe_alarms()
    yield "alarm", {a["AlarmName"] for a in (*alarms["MetricAlarms"], *alarms["CompositeAlarms"])}
    distributions = client("cloudfront").list_distributions()["DistributionList"]
    yield "distribution", {d["Id"] for d in distributions.get("Items", [])}


def _cdk(inventory: Inventory) -> set[str]:
    """What `cdk bootstrap` made."""
    resources = inventory.client("cloudformation").list_stack_resources(StackName="CDKToolkit")
    return {each["PhysicalResourceId"] for each in resources["StackResourceSummaries"]}
