"""What acts by the clock or by itself: schedules and alarms."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from infra_cdk.alarms import MARKET_CLOSED, SILENT_IN_SESSION, alarms
from infra_cdk.alarms.model import Alarm, Severity
from infra_cdk.constructs.timed_invocation import TOO_LATE_S
from quantterminal import topology
from tests.deploy_local.findings import Findings
from tests.deploy_local.inventory import Inventory
from tests.deploy_local.knocks import SCHEDULED_TIME, DeployedSchedule, deployed_schedules

_WORKING_MINUTES = "cron(* 9-16 ? * MON-FRI *)"


def check_schedules(findings: Findings, inventory: Inventory) -> None:
    """The configuration under test sleeps outside of the session."""
    found = deployed_schedules(inventory.client("scheduler"))
    specs = (*topology.SCHEDULES, *topology.CLOUD_SCHEDULES)
    findings.equal("schedules", {each.spec for each in found}, {each.name for each in specs})
    for spec in specs:
        _check_schedule(
            findings, inventory, spec, [each for each in found if each.spec == spec.name]
        )


def check_alarms(findings: Findings, inventory: Inventory) -> None:
    """Each alarm of the deployment's own list, with whom it tells; the ones that fall silent
    together are told by one combined alarm.
    """
    answers = inventory.client("cloudwatch").describe_alarms(
        AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
    )
    found = {each["AlarmName"]: each for each in answers["MetricAlarms"]}
    specs = (*alarms(serverless_cache=True), MARKET_CLOSED)
    names = {_name(spec.severity, spec.name): spec for spec in specs}
    findings.equal("alarms", set(found), set(names))
    topic = inventory.variables("notify")["QT_ALERT_TOPIC_ARN"]
    for name, spec in names.items():
        if name in found:
            _check_alarm(findings, found[name], spec, topic)
    combined = {each["AlarmName"]: each for each in answers["CompositeAlarms"]}
    silent = _name(Severity.P1, SILENT_IN_SESSION)
    findings.equal("combined alarms", set(combined), {silent})
    rule = combined[silent]["AlarmRule"]
    wanted = [name for name, spec in names.items() if spec.only_in_session or spec is MARKET_CLOSED]
    findings.equal("silence counts in session", [each for each in wanted if each not in rule], [])
    findings.equal("silence tells the operator", combined[silent]["AlarmActions"], [topic])


def _check_alarm(findings: Findings, found: Mapping[str, Any], spec: Alarm, topic: str) -> None:
    shown = (
        found["Namespace"],
        found["MetricName"],
        found["Threshold"],
        found["Period"],
        found["TreatMissingData"],
        found.get("AlarmActions", []),
        all(each["Value"] for each in found["Dimensions"]),
    )
    expected = (
        spec.metric.namespace,
        spec.metric.name,
        spec.threshold,
        spec.period_s,
        spec.silence.value,
        [] if spec.severity is Severity.NONE else [topic],
        True,
    )
    findings.equal(f"alarm {spec.name}", shown, expected)


def _name(severity: Severity, name: str) -> str:
    return f"quantterminal-local-{severity.value}-{name}"


def _check_schedule(
    findings: Findings,
    inventory: Inventory,
    spec: topology.Schedule | topology.CloudSchedule,
    found: list[DeployedSchedule],
) -> None:
    expressions = {each.expression for each in found}
    findings.equal(f"schedule {spec.name}: times", expressions, _expressions(spec))
    function = inventory.functions[spec.function]["FunctionArn"]
    for each in found:
        shown = (each.function_arn, each.time_zone, each.state)
        expected = (function, "America/New_York", "ENABLED")
        findings.equal(f"schedule {spec.name} wakes {spec.function}", shown, expected)
        holds = {**spec.payload, "time": SCHEDULED_TIME}.items() <= each.payload.items()
        findings.holds(f"schedule {spec.name}: payload and instant", holds, each.payload)
        age = each.retry.get("MaximumEventAgeInSeconds", 86_400)
        findings.holds(f"schedule {spec.name}: too late after {age} s", age <= TOO_LATE_S, age)


def _expressions(spec: topology.Schedule | topology.CloudSchedule) -> set[str]:
    if isinstance(spec, topology.CloudSchedule) and spec.every_minutes:
        return {f"rate({spec.every_minutes} minutes)"}
    if isinstance(spec, topology.Schedule) and spec.every_minute:
        return {_WORKING_MINUTES}
    return {_weekdays(at) for at in spec.at}


def _weekdays(at: time) -> str:
    return f"cron({at.minute} {at.hour} ? * MON-FRI *)"
