"""Alarms are data: the templates hold them all, and the page says what to do about each."""

import re
from typing import Any

import pytest

from infra_cdk.alarms import ALARMS, MARKET_CLOSED, SILENT_IN_SESSION, alarms
from infra_cdk.alarms.model import Alarm, Severity, Silence
from infra_cdk.building import ROOT
from quantterminal import topology
from tests.infra.synthesized import Assembly, Template

CATALOGUE = re.compile(r"F(0[1-9]|[1-3][0-9]|4[0-6])")
UNSEEN = {"F28", "F30", "F42"}
DIMENSIONLESS = "QuantTerminal/Halts"


@pytest.fixture
def watched(paper: Assembly) -> Template:
    return paper["Observability"]


def built(template: Template, spec: Alarm) -> dict[str, Any]:
    [found] = [
        each
        for each in template.of_type("AWS::CloudWatch::Alarm").values()
        if each["AlarmName"].endswith(f"-{spec.severity.value}-{spec.name}")
    ]
    return found


@pytest.mark.parametrize("spec", alarms(serverless_cache=True), ids=lambda spec: spec.name)
def test_an_alarm_is_built_as_its_data_says(watched: Template, spec: Alarm) -> None:
    found = built(watched, spec)
    assert found["MetricName"] == spec.metric.name
    assert found["Namespace"] == spec.metric.namespace
    assert found["Threshold"] == spec.threshold
    assert found["Period"] == spec.period_s
    assert found["TreatMissingData"] == spec.silence.value
    assert spec.runbook in found["AlarmDescription"]
    assert spec.owner in found["AlarmDescription"]
    told = [watched.text(each) for each in found.get("AlarmActions", [])]
    expected = [] if spec.severity is Severity.NONE else ["<Messaging:Alerts>"]
    assert told == expected


@pytest.mark.parametrize("spec", alarms(serverless_cache=False), ids=lambda spec: spec.name)
def test_a_metric_is_of_one_thing_or_of_all(live: Assembly, spec: Alarm) -> None:
    dimensions = built(live["Observability"], spec).get("Dimensions", [])
    assert len(dimensions) == (0 if spec.metric.namespace == DIMENSIONLESS else 1)


def test_there_is_no_alarm_beyond_the_data(watched: Template) -> None:
    assert len(watched.of_type("AWS::CloudWatch::Alarm")) == 1 + len(alarms(serverless_cache=True))


def test_silence_is_an_alarm_where_it_is_the_fault() -> None:
    silent = {each.name for each in ALARMS if each.silence is Silence.IS_THE_FAULT}
    assert silent == {
        "container-heartbeat",
        "feed-stale",
        "order-stream-down",
        "reconcile-heartbeat",
        "power-silent",
    }


def test_silence_is_told_only_while_the_market_is_open(watched: Template) -> None:
    combined = watched.only("AWS::CloudWatch::CompositeAlarm")
    rule = watched.text(combined["AlarmRule"])
    assert len(re.findall("ALARM\\(", rule)) == sum(each.only_in_session for each in ALARMS) + 1
    assert "NOT" in rule
    assert combined["AlarmName"].endswith(f"P1-{SILENT_IN_SESSION}")
    assert [watched.text(each) for each in combined["AlarmActions"]] == ["<Messaging:Alerts>"]


def test_a_broken_pulse_of_the_calendar_hides_nothing() -> None:
    assert MARKET_CLOSED.silence is Silence.IS_FINE
    assert MARKET_CLOSED.comparison == "<"


def test_every_queue_and_function_is_watched() -> None:
    of = {(each.metric.name, each.metric.of) for each in ALARMS}
    for queue in topology.QUEUES:
        assert ("ApproximateAgeOfOldestMessage", f"queue:{queue.name}") in of
        assert ("ApproximateNumberOfMessagesVisible", f"dead:{queue.name}") in of
    for function in topology.FUNCTIONS:
        assert ("Errors", f"function:{function.name}") in of


def test_halts_are_counted_from_the_logs_of_who_raises_them(watched: Template) -> None:
    filters = watched.of_type("AWS::Logs::MetricFilter").values()
    counted = {each["MetricTransformations"][0]["MetricName"] for each in filters}
    assert counted == {"HaltRaised", "DailyLossHalt", "DrawdownHalt"}
    [drawdown] = {
        each["FilterPattern"]
        for each in filters
        if each["MetricTransformations"][0]["MetricName"] == "DrawdownHalt"
    }
    assert drawdown == '{ ($.event = "HaltRaised") && ($.code = "DRAWDOWN") }'


def test_faults_are_of_the_catalogue_and_no_alarm_is_without() -> None:
    for each in ALARMS:
        assert each.faults
        assert all(CATALOGUE.fullmatch(fault) for fault in each.faults)


def test_every_fault_that_can_be_seen_has_its_alarm() -> None:
    """Revised bars are stored and seen by nobody, garbage is refused at the door, and a calendar
    that differs answers with the more closed one: none of these is a state to be woken for.
    """
    mapped = {fault for each in alarms(serverless_cache=True) for fault in each.faults}
    assert {f"F{n:02}" for n in range(1, 47)} - mapped == UNSEEN


def test_every_alarm_has_its_page_and_every_page_its_alarm() -> None:
    page = (ROOT / "infra_cdk" / "README.md").read_text()
    headings = page.split("## Runbook")[1].split("\n## ")[0]
    anchors = {
        line.removeprefix("### ").strip().lower().replace(" ", "-")
        for line in headings.splitlines()
        if line.startswith("### ")
    }
    every = (*alarms(serverless_cache=True), *alarms(serverless_cache=False), MARKET_CLOSED)
    assert anchors == {each.runbook for each in every} | {"budget"}


def test_the_budget_warns_and_waits_for_a_person(watched: Template) -> None:
    budget = watched.only("AWS::Budgets::Budget")
    action = watched.only("AWS::Budgets::BudgetsAction")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 35, "Unit": "USD"}
    assert len(budget["NotificationsWithSubscribers"]) == 2
    assert action["ApprovalModel"] == "MANUAL"


def test_there_is_one_dashboard(watched: Template) -> None:
    assert watched.only("AWS::CloudWatch::Dashboard")["DashboardName"] == "quantterminal-paper"
