"""Queues, mappings, bus and topic."""

import json

from quantterminal import topology
from tests.deploy_local.findings import Findings
from tests.deploy_local.inventory import Inventory

_DEAD_LETTER_S = str(14 * 24 * 3600)


def check_messaging(findings: Findings, inventory: Inventory) -> None:
    for spec in topology.QUEUES:
        _check_queue(findings, inventory, spec)
        _check_mapping(findings, inventory, spec)
    mappings = inventory.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    findings.equal("mappings in all", len(mappings), len(topology.QUEUES))
    for rule in topology.BUS_RULES:
        _check_rule(findings, inventory, rule)
    _check_archive(findings, inventory)
    _check_topic(findings, inventory)


def _check_queue(findings: Findings, inventory: Inventory, spec: topology.Queue) -> None:
    found = inventory.queue(inventory.queue_urls[spec.name])
    shown = {
        name: found.get(name) for name in ("FifoQueue", "VisibilityTimeout", "SqsManagedSseEnabled")
    }
    expected = {
        "FifoQueue": "true",
        "VisibilityTimeout": str(topology.visibility_timeout_s(spec)),
        "SqsManagedSseEnabled": "true",
    }
    findings.equal(f"queue {spec.name}: FIFO, patience, encryption", shown, expected)
    findings.equal(
        f"queue {spec.name}: deduplicates by our ids",
        found.get("ContentBasedDeduplication", "false"),
        "false",
    )
    redrive = json.loads(found["RedrivePolicy"])
    findings.equal(
        f"queue {spec.name}: tries", int(redrive["maxReceiveCount"]), topology.MAX_RECEIVES
    )
    dead = inventory.queue(inventory.queue_url_of(redrive["deadLetterTargetArn"]))
    findings.equal(
        f"queue {spec.name}: FIFO dead-letter queue, kept 14 days",
        (dead.get("FifoQueue"), dead.get("MessageRetentionPeriod")),
        ("true", _DEAD_LETTER_S),
    )


def _check_mapping(findings: Findings, inventory: Inventory, spec: topology.Queue) -> None:
    arn = inventory.queue(inventory.queue_urls[spec.name])["QueueArn"]
    mappings = inventory.client("lambda").list_event_source_mappings(EventSourceArn=arn)
    [found] = mappings["EventSourceMappings"]
    shown = (
        found["FunctionArn"],
        found["BatchSize"],
        found["FunctionResponseTypes"],
        found["ScalingConfig"],
        found["State"],
    )
    expected = (
        inventory.functions[spec.consumer]["FunctionArn"],
        spec.batch_size,
        ["ReportBatchItemFailures"],
        {"MaximumConcurrency": spec.max_concurrency},
        "Enabled",
    )
    findings.equal(f"queue {spec.name} wakes {spec.consumer}", shown, expected)


def _check_rule(findings: Findings, inventory: Inventory, rule: topology.BusRule) -> None:
    bus, events = inventory.variables("strategy")["QT_EVENT_BUS"], inventory.client("events")
    rules = events.list_rules(EventBusName=bus)["Rules"]
    matching = [
        each
        for each in rules
        if json.loads(each["EventPattern"]).get("detail-type") == list(rule.events)
    ]
    findings.equal(f"bus rule {rule.name}: event names", len(matching), 1)
    targets = [
        target["Arn"]
        for each in matching
        for target in events.list_targets_by_rule(Rule=each["Name"], EventBusName=bus)["Targets"]
    ]
    expected = [inventory.functions[rule.function]["FunctionArn"]]
    findings.equal(f"bus rule {rule.name} wakes {rule.function}", targets, expected)


def _check_archive(findings: Findings, inventory: Inventory) -> None:
    bus = inventory.variables("strategy")["QT_EVENT_BUS"]
    archives = inventory.client("events").list_archives()["Archives"]
    kept = [each for each in archives if each["EventSourceArn"].endswith(f"/{bus}")]
    findings.holds("the bus is archived", kept and kept[0]["RetentionDays"] > 0, archives)


def _check_topic(findings: Findings, inventory: Inventory) -> None:
    arn = inventory.variables("notify")["QT_ALERT_TOPIC_ARN"]
    found = inventory.client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    shown = [(each["Protocol"], each["Endpoint"]) for each in found]
    findings.equal("the operator's topic", shown, [("email", "operator@example.com")])
