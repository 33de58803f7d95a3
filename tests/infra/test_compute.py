import json
from typing import Any

import pytest

from quantterminal import topology
from tests.infra.synthesized import Assembly, Template

HOT_PATH_CONSUMERS = {each.consumer for each in topology.QUEUES}
TOO_LATE_S = 300


@pytest.fixture
def compute(paper: Assembly) -> Template:
    return paper["Compute"]


def function(template: Template, name: str) -> dict[str, Any]:
    return template.named("AWS::Lambda::Function", f"{name}/Function/")


def id_of(template: Template, name: str) -> str:
    [found] = [each for each, path in template.paths.items() if path == f"{name}/Function/Resource"]
    return found


def test_every_function_of_the_topology_and_no_other_is_built(compute: Template) -> None:
    handlers = [each["Handler"] for each in compute.of_type("AWS::Lambda::Function").values()]
    assert sorted(handlers) == sorted(each.handler for each in topology.FUNCTIONS)


@pytest.mark.parametrize("spec", topology.FUNCTIONS, ids=lambda spec: spec.name)
def test_a_function_runs_as_the_topology_says(compute: Template, spec: topology.Function) -> None:
    built = function(compute, spec.name)
    assert built["Handler"] == spec.handler
    assert built["Timeout"] == spec.timeout_s
    assert built["MemorySize"] == spec.memory_mb
    assert built["Runtime"] == "python3.13"
    assert built["Architectures"] == ["arm64"]
    assert built["LoggingConfig"]["LogFormat"] == "JSON"
    assert built["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == spec.name


@pytest.mark.parametrize("spec", topology.FUNCTIONS, ids=lambda spec: spec.name)
def test_only_what_needs_ledger_or_cache_is_in_the_network(
    compute: Template, spec: topology.Function
) -> None:
    assert ("VpcConfig" in function(compute, spec.name)) == spec.is_in_network


def test_functions_share_one_archive_and_no_role(compute: Template) -> None:
    built = compute.of_type("AWS::Lambda::Function").values()
    assert len({json.dumps(each["Code"]) for each in built}) == 1
    assert len({json.dumps(each["Role"]) for each in built}) == len(topology.FUNCTIONS)


def test_every_log_ends(paper: Assembly) -> None:
    groups = [
        each
        for template in paper.templates.values()
        for each in template.of_type("AWS::Logs::LogGroup").values()
    ]
    assert {each["RetentionInDays"] for each in groups} == {30}
    assert len(groups) >= len(topology.FUNCTIONS) + 3


@pytest.mark.parametrize("spec", topology.QUEUES, ids=lambda spec: spec.name)
def test_each_queue_wakes_its_consumer(compute: Template, spec: topology.Queue) -> None:
    [mapping] = [
        each
        for each in compute.of_type("AWS::Lambda::EventSourceMapping").values()
        if each["FunctionName"] == {"Ref": id_of(compute, spec.consumer)}
    ]
    source = compute.text(mapping["EventSourceArn"])
    assert source == f"<Messaging:{spec.name.replace('-', '')}Queue.Arn>"
    assert mapping["BatchSize"] == spec.batch_size
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": spec.max_concurrency}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_there_is_no_mapping_beyond_the_queues(compute: Template) -> None:
    assert len(compute.of_type("AWS::Lambda::EventSourceMapping")) == len(topology.QUEUES)


def test_all_mappings_together_stay_within_what_the_database_bears() -> None:
    """A t4g.micro takes about 80 connections; 60 % of them are 48."""
    environments = sum(each.max_concurrency for each in topology.QUEUES)
    others = sum(topology.Need.DATABASE in each.needs for each in topology.FUNCTIONS)
    assert environments + others <= 48


def schedules(template: Template, name: str) -> list[dict[str, Any]]:
    built = template.of_type("AWS::Scheduler::Schedule").values()
    return [each for each in built if each["Description"] == name]


def weekdays(spec: topology.Schedule | topology.CloudSchedule) -> set[str]:
    return {f"cron({at.minute} {at.hour} ? * MON-FRI *)" for at in spec.at}


@pytest.mark.parametrize("spec", topology.SCHEDULES, ids=lambda spec: spec.name)
def test_schedules_call_at_new_york_times(
    paper: Assembly, live: Assembly, spec: topology.Schedule
) -> None:
    asleep, always = schedules(paper["Compute"], spec.name), schedules(live["Compute"], spec.name)
    assert {each["ScheduleExpressionTimezone"] for each in asleep} == {"America/New_York"}
    if spec.every_minute:
        assert [each["ScheduleExpression"] for each in always] == ["rate(1 minute)"]
        assert [each["ScheduleExpression"] for each in asleep] == ["cron(* 9-16 ? * MON-FRI *)"]
        assert json.loads(asleep[0]["Target"]["Input"])["only_on"] == "trading days"
    else:
        assert {each["ScheduleExpression"] for each in asleep} == weekdays(spec)
        assert {each["ScheduleExpression"] for each in always} == weekdays(spec)


@pytest.mark.parametrize("spec", topology.CLOUD_SCHEDULES, ids=lambda spec: spec.name)
def test_what_sleeps_is_woken_and_what_does_not_is_left_alone(
    paper: Assembly, live: Assembly, spec: topology.CloudSchedule
) -> None:
    expected = weekdays(spec) or {f"rate({spec.every_minutes} minutes)"}
    asleep, always = schedules(paper["Compute"], spec.name), schedules(live["Compute"], spec.name)
    assert {each["ScheduleExpression"] for each in asleep} == expected
    assert bool(always) != spec.only_where_it_sleeps


@pytest.mark.parametrize(
    "spec", [*topology.SCHEDULES, *topology.CLOUD_SCHEDULES], ids=lambda spec: spec.name
)
def test_a_schedule_hands_over_its_payload_and_the_instant_and_gives_up_soon(
    compute: Template, spec: topology.Schedule | topology.CloudSchedule
) -> None:
    for each in schedules(compute, spec.name):
        target = each["Target"]
        assert target["Arn"] == {"Fn::GetAtt": [id_of(compute, spec.function), "Arn"]}
        handed = json.loads(target["Input"])
        assert handed.items() >= spec.payload.items()
        assert handed["time"] == "<aws.scheduler.scheduled-time>"
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == TOO_LATE_S
        assert compute.text(target["DeadLetterConfig"]["Arn"]) == "<Undelivered.Arn>"


def test_there_is_no_schedule_beyond_the_topology(compute: Template) -> None:
    known = {each.name for each in (*topology.SCHEDULES, *topology.CLOUD_SCHEDULES)}
    built = compute.of_type("AWS::Scheduler::Schedule").values()
    assert {each["Description"] for each in built} == known


@pytest.mark.parametrize("spec", topology.BUS_RULES, ids=lambda spec: spec.name)
def test_bus_rules_route_their_events(compute: Template, spec: topology.BusRule) -> None:
    rules = compute.of_type("AWS::Events::Rule").values()
    [rule] = [each for each in rules if each["EventPattern"]["detail-type"] == list(spec.events)]
    [target] = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [id_of(compute, spec.function), "Arn"]}
    assert compute.text(target["DeadLetterConfig"]["Arn"]) == "<Undelivered.Arn>"


def test_the_hot_path_is_not_on_the_bus() -> None:
    assert not HOT_PATH_CONSUMERS & {each.function for each in topology.BUS_RULES}


def test_the_ledger_is_prepared_before_new_code_writes_it(compute: Template) -> None:
    [(step, properties)] = compute.of_type("AWS::CloudFormation::CustomResource").items()
    assert properties["CodeVersion"] == "test"
    assert properties["ServiceToken"] == {"Fn::GetAtt": [id_of(compute, "migrate"), "Arn"]}
    for spec in topology.FUNCTIONS:
        waits = step in compute.resources[id_of(compute, spec.name)].get("DependsOn", [])
        assert waits == (topology.Need.DATABASE in spec.needs and spec.name != "migrate")
