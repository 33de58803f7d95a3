"""The questions of `qt deploy` against stacks in the local AWS."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cli.deploy.checks import (
    Wanted,
    check_books,
    check_dead_letters,
    check_ledger,
    check_mappings,
    check_mode,
    check_version,
    run_gate,
)
from cli.deploy.parts import NotDeployedError, Parts
from cli.deploy.switches import set_orders, wake_database
from local.processes.local_aws import LocalAwsAddress, start_local_aws
from quantterminal import topology

SERVICES = "cloudformation,lambda,iam,sts,s3,sqs,ecs,rds,cloudwatch,logs,ssm"
ROLE = "arn:aws:iam::000000000000:role/any"
GOOD = "0123456789ab"
ANSWERS = {"migrate": {"applied": []}, "reconcile": {"agrees": True, "imported": 0}}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsAddress]:
    folder = tmp_path_factory.mktemp("aws")
    (folder / "logs").mkdir()
    child, address = start_local_aws(folder, logs=folder / "logs", services=SERVICES)
    yield address
    child.stop()


def template(versions: dict[str, str], mode: str = "PAPER") -> dict[str, Any]:
    """As many functions, queues and readers as the topology has; their code only answers."""
    resources: dict[str, Any] = {}
    for spec in topology.FUNCTIONS:
        variables = {
            "QT_CODE_VERSION": versions.get(spec.name, GOOD),
            "QT_CONFIG": json.dumps({"mode": mode}),
            "POWERTOOLS_SERVICE_NAME": spec.name,
        }
        code = f"def handler(event, context):\n    return {ANSWERS.get(spec.name, {})!r}\n"
        resources[f"Function{spec.name.replace('_', '')}"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": ROLE,
                "Code": {"ZipFile": code},
                "Environment": {"Variables": variables},
            },
        }
    for queue in topology.QUEUES:
        resources |= queue_with_reader(queue)
    resources["Task"] = task(versions.get("container", GOOD))
    return {"Resources": resources}


def task(version: str) -> dict[str, Any]:
    container = {
        "Name": "ingest",
        "Image": "any",
        "Environment": [{"Name": "QT_CODE_VERSION", "Value": version}],
    }
    return {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {"Family": "ingest", "ContainerDefinitions": [container]},
    }


def queue_with_reader(queue: topology.Queue) -> dict[str, Any]:
    name = queue.name.replace("-", "")
    consumer = f"Function{queue.consumer.replace('_', '')}"
    dead = {"Fn::GetAtt": [f"Dead{name}", "Arn"]}
    return {
        f"Dead{name}": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
        f"Queue{name}": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "FifoQueue": True,
                "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": 8},
            },
        },
        f"Reader{name}": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": [f"Queue{name}", "Arn"]},
                "FunctionName": {"Ref": consumer},
                "BatchSize": 1,
            },
        },
    }


def deploy(aws: LocalAwsAddress, stage: str, body: dict[str, Any]) -> Parts:
    client = aws.client("cloudformation")
    name = f"QuantTerminal-{stage}-Compute"
    client.create_stack(StackName=name, TemplateBody=json.dumps(body))
    client.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return Parts(aws.client, stage)


@pytest.fixture(scope="module")
def parts(aws: LocalAwsAddress) -> Parts:
    return deploy(aws, "paper", template({}))


def test_one_version_everywhere_is_good(parts: Parts) -> None:
    finding = check_version(parts, Wanted())
    assert finding.is_good, finding
    assert GOOD in finding.detail


def test_another_version_than_the_one_just_deployed_is_refused(parts: Parts) -> None:
    finding = check_version(parts, Wanted(version="ffffffffffff"))
    assert not finding.is_good
    assert "ffffffffffff" in finding.detail


def test_a_single_function_left_behind_is_refused_and_named(aws: LocalAwsAddress) -> None:
    skewed = deploy(aws, "skewed", template({"risk": "old"}))
    finding = check_version(skewed, Wanted())
    assert not finding.is_good
    assert "{'risk': 'old'}" in finding.detail


def test_a_container_left_behind_is_refused(aws: LocalAwsAddress) -> None:
    finding = check_version(deploy(aws, "stale", template({"container": "old"})), Wanted())
    assert not finding.is_good
    assert "'container 1': 'old'" in finding.detail


def test_a_missing_function_is_refused_and_named(aws: LocalAwsAddress) -> None:
    body = template({})
    del body["Resources"]["Functionnotify"]
    finding = check_version(deploy(aws, "short", body), Wanted())
    assert not finding.is_good
    assert "notify" in finding.detail


def test_live_functions_are_refused_where_paper_is_meant(aws: LocalAwsAddress) -> None:
    live = deploy(aws, "live", template({}, mode="LIVE"))
    assert not check_mode(live, Wanted()).is_good
    assert check_mode(live, Wanted(mode="LIVE")).is_good


def test_stages_do_not_see_each_other(aws: LocalAwsAddress, parts: Parts) -> None:
    assert len(parts.functions()) == len(topology.FUNCTIONS)
    with pytest.raises(NotDeployedError, match="QuantTerminal-nowhere-"):
        Parts(aws.client, "nowhere")


def test_a_held_order_queue_is_the_only_reader_that_may_be_off(
    aws: LocalAwsAddress, parts: Parts
) -> None:
    held = set_orders(parts, flowing=False)
    client = aws.client("lambda")
    assert client.get_event_source_mapping(UUID=held)["State"] == "Disabled"
    assert check_mappings(parts, Wanted()).is_good

    assert set_orders(parts, flowing=True) == held
    assert client.get_event_source_mapping(UUID=held)["State"] == "Enabled"

    [strategy] = [
        each["UUID"]
        for each in client.list_event_source_mappings()["EventSourceMappings"]
        if each["FunctionArn"].endswith(f":{parts.function('strategy').name}")
    ]
    client.update_event_source_mapping(UUID=strategy, Enabled=False)
    finding = check_mappings(parts, Wanted())
    client.update_event_source_mapping(UUID=strategy, Enabled=True)
    assert not finding.is_good
    assert parts.function("strategy").name in finding.detail


def test_a_dead_letter_is_found_and_a_waiting_message_is_not_one(
    aws: LocalAwsAddress, parts: Parts
) -> None:
    client = aws.client("sqs")
    assert check_dead_letters(parts, Wanted()).is_good
    dead = next(url for url in parts.of("AWS::SQS::Queue") if "Dead" in url)
    client.send_message(
        QueueUrl=dead, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId="1"
    )
    finding = check_dead_letters(parts, Wanted())
    client.purge_queue(QueueUrl=dead)
    assert not finding.is_good
    assert dead.rpartition("/")[2] in finding.detail


def test_ledger_and_books_are_asked_through_the_deployed_functions(parts: Parts) -> None:
    assert check_ledger(parts, Wanted()).is_good
    assert check_books(parts, Wanted()).is_good


def test_a_check_that_cannot_be_made_is_a_bad_one(parts: Parts) -> None:
    nobody = LocalAwsAddress(port=1)

    def aws(service: str) -> Any:
        return nobody.client(service) if service == "sqs" else parts.aws(service)

    unreachable = Parts(aws, "paper")
    [finding] = run_gate(unreachable, Wanted(), (check_dead_letters,))
    assert not finding.is_good
    assert finding.check == "dead letters"


def test_a_sleeping_database_is_woken_and_waited_for(aws: LocalAwsAddress) -> None:
    body = {
        "Resources": {
            "Ledger": {
                "Type": "AWS::RDS::DBInstance",
                "Properties": {
                    "DBInstanceClass": "db.t4g.micro",
                    "Engine": "postgres",
                    "AllocatedStorage": "20",
                    "MasterUsername": "u",
                    "MasterUserPassword": "p1234567",
                },
            }
        }
    }
    ledger = deploy(aws, "ledger", body)
    [name] = ledger.of("AWS::RDS::DBInstance")
    rds = aws.client("rds")
    naps: list[float] = []

    assert wake_database(ledger, naps.append) is False
    rds.stop_db_instance(DBInstanceIdentifier=name)
    assert wake_database(ledger, naps.append) is True
    found = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    assert found["DBInstanceStatus"] == "available"
