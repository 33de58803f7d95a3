import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.cost.catalog import BILLED, FREE
from cli.cost.command import show_cost
from cli.cost.errors import NotSynthesizedError, UnpricedError
from cli.cost.estimate import Estimate, estimate, profile_of
from cli.cost.prices import MARKET_DATA, PRICES
from cli.cost.templates import Resource, plain_text, read_resources
from cli.cost.usage import HOURS, Profile, awake_hours, make_usage, read_profile
from local.errors import UsageError
from quantterminal import topology

TASK = {"Cpu": "256", "Memory": "512", "RuntimePlatform": {"CpuArchitecture": "ARM64"}}
DATABASE = {"DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20"}
TRADING = {"symbols": ["AAPL", "MSFT"], "strategies": [{"name": "momentum"}]}


def resource(kind: str, properties: dict[str, Any] | None = None, name: str = "It") -> Resource:
    return Resource("Stack", name, kind, properties or {})


def function(name: str) -> Resource:
    return resource(
        "AWS::Lambda::Function",
        {
            "Handler": f"handlers.{name}.handler",
            "Architectures": ["arm64"],
            "MemorySize": 1024,
            "Environment": {"Variables": {"QT_CONFIG": json.dumps(TRADING)}},
        },
    )


def dollars(found: Estimate) -> dict[str, Decimal]:
    return {item.price.item: item.dollars for item in found.items}


def write_assembly(folder: Path, resources: dict[str, Any]) -> Path:
    artifacts = {
        "Stack": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "Stack.template.json"},
        },
        "Stack.assets": {"type": "cdk:asset-manifest", "properties": {"file": "a.json"}},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (folder / "Stack.template.json").write_text(json.dumps({"Resources": resources}))
    (folder / "Gone.template.json").write_text("left behind by a stack that is no more")
    return folder


@pytest.mark.parametrize(
    ("profile", "vcpu", "database"), [("market_hours", "1.25", "3.20"), ("always", "5.91", "11.68")]
)
def test_what_sleeps_costs_its_hours_only(profile: str, vcpu: str, database: str) -> None:
    resources = [
        resource("AWS::ECS::TaskDefinition", TASK),
        resource("AWS::RDS::DBInstance", DATABASE),
    ]

    found = dollars(estimate(resources, Profile(profile)))

    assert found["Fargate, arm vCPU"] == Decimal(vcpu)
    assert found["RDS db.t4g.micro"] == Decimal(database)
    assert found["RDS storage"] == Decimal("2.30")


def test_the_hours_awake_are_those_of_the_schedules() -> None:
    assert awake_hours("container-up", "container-down") == pytest.approx(Decimal(154))
    assert awake_hours("database-up", "database-down") == Decimal("199.5")


def test_the_way_out_has_a_machine_a_disk_and_an_address() -> None:
    machine = {
        "InstanceType": "t4g.nano",
        "BlockDeviceMappings": [{"Ebs": {"VolumeSize": 8, "VolumeType": "gp3"}}],
    }
    found = dollars(estimate([resource("AWS::EC2::Instance", machine)], Profile.ALWAYS))
    assert found == {
        "EC2 t4g.nano": Decimal("3.07"),
        "EBS gp3": Decimal("0.64"),
        "public IPv4 address": Decimal("3.65"),
        "CloudWatch metrics": found["CloudWatch metrics"],
    }


def test_an_allowance_is_taken_off_once() -> None:
    alarms = [resource("AWS::CloudWatch::Alarm", {"Period": 60}) for _ in range(12)]
    assert dollars(estimate(alarms, Profile.ALWAYS))["CloudWatch alarms"] == Decimal("0.20")


def test_an_alarm_costs_by_its_metrics_and_three_times_for_ten_seconds() -> None:
    metrics = [{"MetricStat": {"Period": 60}}, {"MetricStat": {"Period": 60}}, {"Expression": "a"}]
    fine = {"Period": 10}
    [two] = BILLED["AWS::CloudWatch::Alarm"](
        resource("AWS::CloudWatch::Alarm", {"Metrics": metrics}),
        make_usage(Profile.ALWAYS, symbols=1, strategies=1),
    )
    [three] = BILLED["AWS::CloudWatch::Alarm"](
        resource("AWS::CloudWatch::Alarm", fine),
        make_usage(Profile.ALWAYS, symbols=1, strategies=1),
    )
    assert (two.quantity, three.quantity) == (2, 3)


def test_an_unknown_type_stops_the_estimate_and_is_named() -> None:
    resources = [resource("AWS::Redshift::Cluster", name="Big"), resource("AWS::IAM::Role")]
    with pytest.raises(UnpricedError, match=r"AWS::Redshift::Cluster \(Stack/Big\)"):
        estimate(resources, Profile.ALWAYS)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::EC2::Instance", {"InstanceType": "p5.48xlarge"}),
        ("AWS::RDS::DBInstance", {**DATABASE, "DBInstanceClass": "db.r8g.large"}),
        ("AWS::ElastiCache::ReplicationGroup", {"CacheNodeType": "cache.r7g.large"}),
        ("AWS::ElastiCache::ServerlessCache", {"Engine": "redis"}),
        ("AWS::EC2::FlowLog", {"TrafficType": "ALL"}),
        ("AWS::ApiGatewayV2::Api", {"ProtocolType": "MQTT"}),
        ("AWS::Lambda::EventSourceMapping", {"StartingPosition": "LATEST"}),
        ("AWS::Lambda::Function", {"Handler": "handlers.tomorrow.handler"}),
        ("AWS::Lambda::Function", {"Handler": "handlers.risk.handler", "SnapStart": {}}),
    ],
)
def test_a_size_without_a_price_is_refused(kind: str, properties: dict[str, Any]) -> None:
    with pytest.raises(UnpricedError, match="Stack/It"):
        estimate([resource(kind, properties)], Profile.ALWAYS)


def test_helpers_of_a_deploy_cost_nothing() -> None:
    helper = {"Handler": "index.handler"}
    found = estimate([resource("AWS::Lambda::Function", helper)], Profile.ALWAYS)
    assert found.total_without_market_data == 0
    assert "Custom::S3AutoDeleteObjects" not in FREE
    free = estimate([resource("Custom::S3AutoDeleteObjects")], Profile.ALWAYS).free
    assert [(each.type, each.count) for each in free] == [("Custom::S3AutoDeleteObjects", 1)]


def test_every_function_of_the_topology_has_its_calls() -> None:
    for profile in Profile:
        usage = make_usage(profile, symbols=10, strategies=3)
        assert set(usage.calls) == {each.name for each in topology.FUNCTIONS}


def test_what_is_traded_is_read_from_the_functions() -> None:
    found = estimate([function("risk")], Profile.MARKET_HOURS)
    assert (found.usage.symbols, found.usage.strategies) == (2, 1)


def test_without_a_readable_configuration_the_most_is_assumed() -> None:
    found = estimate([resource("AWS::IAM::Role")], Profile.MARKET_HOURS)
    assert (found.usage.symbols, found.usage.strategies) == (50, 3)


def test_the_templates_say_which_profile_they_are_for() -> None:
    down = {"Target": {"Input": '{"action":"container-down"}'}}
    up = {"Target": {"Input": '{"action":"container-up"}'}}
    kind = "AWS::Scheduler::Schedule"
    assert profile_of([resource(kind, up), resource(kind, down)]) is Profile.MARKET_HOURS
    assert profile_of([resource(kind, up)]) is Profile.ALWAYS


def test_a_profile_that_does_not_exist_is_refused() -> None:
    assert read_profile("") is None
    with pytest.raises(UsageError, match="market_hours or always, was 'sometimes'"):
        read_profile("sometimes")


def test_every_price_has_its_date_and_source() -> None:
    for price in (*PRICES.values(), MARKET_DATA):
        assert price.dollars > 0
        assert price.source.startswith("https://")
        assert len(price.as_of) == len("2026-11")


def test_no_type_is_both_billed_and_free() -> None:
    assert BILLED.keys() & FREE.keys() == set()
    assert all(FREE.values())


def test_only_the_stacks_of_the_manifest_are_read(tmp_path: Path) -> None:
    write_assembly(tmp_path, {"Role": {"Type": "AWS::IAM::Role"}})
    assert read_resources(tmp_path) == (Resource("Stack", "Role", "AWS::IAM::Role", {}),)


def test_without_templates_the_command_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotSynthesizedError, match="run `make synth`") as caught:
        read_resources(tmp_path)
    assert caught.value.exit_code == 2


def test_text_is_what_is_known_before_the_deploy() -> None:
    joined = {"Fn::Join": ["", ["a", {"Ref": "B"}, "c"]]}
    assert [plain_text(each) for each in ("a", joined, {"Ref": "B"}, None)] == ["a", "ac", "", ""]


@pytest.mark.parametrize(("budget", "code"), [("3.65", 0), ("3.64", 1)])
def test_a_budget_decides_the_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], budget: str, code: int
) -> None:
    gateway = {"Nat": {"Type": "AWS::EC2::EIP"}}
    found = show_cost(
        write_assembly(tmp_path, gateway), profile=Profile.ALWAYS, budget=Decimal(budget)
    )
    assert found == code
    assert ("the dearest line is public IPv4 address, $3.65" in capsys.readouterr().err) is (
        code == 1
    )


def test_json_adds_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resources = {
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": TASK},
        "Ledger": {"Type": "AWS::RDS::DBInstance", "Properties": DATABASE},
        "Role": {"Type": "AWS::IAM::Role"},
    }
    show_cost(
        write_assembly(tmp_path, resources),
        profile=Profile.MARKET_HOURS,
        budget=None,
        json_wanted=True,
    )

    found = json.loads(capsys.readouterr().out)

    cents = [round(item["dollars"] * 100) for item in found["items"]]
    assert sum(cents) == round(found["total_without_market_data"] * 100)
    assert found["total"] == pytest.approx(found["total_without_market_data"] + 199)
    assert found["other_profiles"].keys() == {"always"}
    assert found["other_profiles"]["always"] > found["total_without_market_data"]
    assert [each["type"] for each in found["free"]] == ["AWS::IAM::Role"]
    assert {"name", "value", "unit", "why"} == found["assumptions"][0].keys()


def test_verbose_shows_assumptions_sources_and_what_is_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resources = {"Ip": {"Type": "AWS::EC2::EIP"}, "Role": {"Type": "AWS::IAM::Role"}}
    show_cost(write_assembly(tmp_path, resources), profile=None, budget=None, verbose=True)
    out = capsys.readouterr().out
    for phrase in ("container hours", "AWS::IAM::Role", "https://aws.amazon.com/vpc", "Stack/Ip"):
        assert phrase in out


def test_a_month_has_the_hours_that_aws_counts() -> None:
    assert HOURS == 730
