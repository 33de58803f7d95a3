import json
from typing import Any

import pytest

from quantterminal import settings, topology
from tests.infra.conftest import Template

HOT_PATH_CONSUMERS = {each.consumer for each in topology.QUEUES}


@pytest.fixture(scope="module")
def template(templates: dict[str, Template]) -> Template:
    return templates["Functions"]


@pytest.fixture(scope="module")
def ids(template: Template) -> dict[str, str]:
    """Function name -> logical id."""
    functions = template.of_type("AWS::Lambda::Function")
    return {each["Handler"].split(".")[1]: name for name, each in functions.items()}


def test_every_function_of_the_topology_and_no_other_is_built(ids: dict[str, str]) -> None:
    assert set(ids) == {each.name for each in topology.FUNCTIONS}


@pytest.mark.parametrize("spec", topology.FUNCTIONS, ids=lambda spec: spec.name)
def test_a_function_runs_as_the_topology_says(
    template: Template, ids: dict[str, str], spec: topology.Function
) -> None:
    built = template.of_type("AWS::Lambda::Function")[ids[spec.name]]
    assert built["Handler"] == spec.handler
    assert built["Timeout"] == spec.timeout_s
    assert built["MemorySize"] == spec.memory_mb
    assert built["Runtime"] == "python3.13"
    assert built["Architectures"] == ["arm64"]
    assert built["LoggingConfig"]["LogFormat"] == "JSON"
    assert built["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == spec.name


def test_functions_share_one_archive_and_no_role(template: Template) -> None:
    built = template.of_type("AWS::Lambda::Function").values()
    assert len({json.dumps(each["Code"]) for each in built}) == 1
    assert len({json.dumps(each["Role"]) for each in built}) == len(topology.FUNCTIONS)


def test_variables_are_ones_the_settings_know(template: Template) -> None:
    for built in template.of_type("AWS::Lambda::Function").values():
        ours = {name for name in built["Environment"]["Variables"] if name.startswith("QT_")}
        assert ours <= set(settings.VARIABLES)


def test_queue_urls_name_every_queue(template: Template, ids: dict[str, str]) -> None:
    built = template.of_type("AWS::Lambda::Function")[ids["strategy"]]
    _, parts = built["Environment"]["Variables"]["QT_QUEUE_URLS"]["Fn::Join"]
    text = "".join(part if isinstance(part, str) else "url" for part in parts)
    assert json.loads(text) == {each.name: "url" for each in topology.QUEUES}


@pytest.mark.parametrize("spec", topology.QUEUES, ids=lambda spec: spec.name)
def test_each_queue_wakes_its_consumer(
    template: Template, ids: dict[str, str], spec: topology.Queue
) -> None:
    [mapping] = [
        each
        for each in template.of_type("AWS::Lambda::EventSourceMapping").values()
        if each["FunctionName"] == {"Ref": ids[spec.consumer]}
    ]
    source = template.exports[mapping["EventSourceArn"]["Fn::ImportValue"]]
    assert source.startswith(spec.name.replace("-", "") + "Queue")
    assert mapping["BatchSize"] == spec.batch_size
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": spec.max_concurrency}
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_there_is_no_mapping_beyond_the_queues(template: Template) -> None:
    assert len(template.of_type("AWS::Lambda::EventSourceMapping")) == len(topology.QUEUES)


def schedules_of(template: Template, spec: topology.Schedule) -> list[dict[str, Any]]:
    description = f"{spec.name} -> {spec.function}"
    built = template.of_type("AWS::Scheduler::Schedule").values()
    return [each for each in built if each["Description"] == description]


@pytest.mark.parametrize("spec", topology.SCHEDULES, ids=lambda spec: spec.name)
def test_schedules_call_at_new_york_times(template: Template, spec: topology.Schedule) -> None:
    found = schedules_of(template, spec)
    if spec.every_minute:
        assert [each["ScheduleExpression"] for each in found] == ["rate(1 minute)"]
        return
    assert {each["ScheduleExpression"] for each in found} == {
        f"cron({at.minute} {at.hour} ? * MON-FRI *)" for at in spec.at
    }
    assert {each["ScheduleExpressionTimezone"] for each in found} == {"America/New_York"}


@pytest.mark.parametrize("spec", topology.SCHEDULES, ids=lambda spec: spec.name)
def test_a_schedule_hands_over_its_payload_and_the_instant(
    template: Template, ids: dict[str, str], spec: topology.Schedule
) -> None:
    for each in schedules_of(template, spec):
        target = each["Target"]
        assert target["Arn"] == {"Fn::GetAtt": [ids[spec.function], "Arn"]}
        assert json.loads(target["Input"]) == {
            **spec.payload,
            "time": "<aws.scheduler.scheduled-time>",
        }
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 600


def test_there_is_no_schedule_beyond_the_topology(template: Template) -> None:
    expected = sum(1 if each.every_minute else len(each.at) for each in topology.SCHEDULES)
    assert len(template.of_type("AWS::Scheduler::Schedule")) == expected


@pytest.mark.parametrize("spec", topology.BUS_RULES, ids=lambda spec: spec.name)
def test_bus_rules_route_their_events(
    template: Template, ids: dict[str, str], spec: topology.BusRule
) -> None:
    rules = template.of_type("AWS::Events::Rule").values()
    [rule] = [each for each in rules if each["EventPattern"]["detail-type"] == list(spec.events)]
    assert [each["Arn"] for each in rule["Targets"]] == [
        {"Fn::GetAtt": [ids[spec.function], "Arn"]}
    ]


def test_the_hot_path_is_not_on_the_bus() -> None:
    assert not HOT_PATH_CONSUMERS & {each.function for each in topology.BUS_RULES}
