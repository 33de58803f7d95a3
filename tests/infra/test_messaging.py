from typing import Any

import pytest

from quantterminal import topology
from tests.infra.synthesized import Assembly, Template

DEAD_LETTER_DAYS = 14


@pytest.fixture
def messaging(paper: Assembly) -> Template:
    return paper["Messaging"]


def queue_of(template: Template, spec: topology.Queue) -> dict[str, Any]:
    return template.named("AWS::SQS::Queue", f"{spec.name}/Queue/")


@pytest.mark.parametrize("spec", topology.QUEUES, ids=lambda spec: spec.name)
def test_each_queue_is_fifo_with_the_patience_of_its_consumer(
    messaging: Template, spec: topology.Queue
) -> None:
    queue = queue_of(messaging, spec)
    timeout_s = topology.function(spec.consumer).timeout_s
    assert queue["FifoQueue"] is True
    assert queue["VisibilityTimeout"] == topology.VISIBILITY_PER_TIMEOUT * timeout_s
    assert queue["SqsManagedSseEnabled"] is True
    assert not queue.get("ContentBasedDeduplication", False)


@pytest.mark.parametrize("spec", topology.QUEUES, ids=lambda spec: spec.name)
def test_poison_goes_to_a_fifo_dead_letter_queue_after_enough_tries(
    messaging: Template, spec: topology.Queue
) -> None:
    redrive = queue_of(messaging, spec)["RedrivePolicy"]
    dead = messaging.of_type("AWS::SQS::Queue")[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
    assert redrive["maxReceiveCount"] == topology.MAX_RECEIVES >= 5
    assert dead["FifoQueue"] is True
    assert dead["SqsManagedSseEnabled"] is True
    assert dead["MessageRetentionPeriod"] == DEAD_LETTER_DAYS * 24 * 3600


def test_there_is_no_queue_beyond_the_topology(messaging: Template) -> None:
    assert len(messaging.of_type("AWS::SQS::Queue")) == 2 * len(topology.QUEUES)


@pytest.mark.parametrize(
    ("stack", "kind", "policy"),
    [
        ("Messaging", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
        ("Messaging", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"),
        ("Compute", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
        ("Data", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
        ("Web", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
    ],
)
def test_everything_that_takes_data_refuses_plain_text(
    paper: Assembly, stack: str, kind: str, policy: str
) -> None:
    refusing = [
        statement
        for each in paper[stack].of_type(policy).values()
        for statement in each["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement.get("Condition", {}).get("Bool") == {"aws:SecureTransport": "false"}
    ]
    assert len(refusing) == len(paper[stack].of_type(kind)) > 0


def test_nobody_empties_a_queue(messaging: Template) -> None:
    denied = [
        statement["Resource"]
        for policy in messaging.of_type("AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "sqs:PurgeQueue" and statement["Effect"] == "Deny"
    ]
    assert len(denied) == len(topology.QUEUES)


def test_every_business_event_is_archived(messaging: Template) -> None:
    archive = messaging.only("AWS::Events::Archive")
    assert messaging.text(archive["SourceArn"]) == "<Bus.Arn>"
    assert archive["RetentionDays"] == 30
    assert archive["EventPattern"] == {"account": [{"Ref": "AWS::AccountId"}]}


def test_the_operator_is_told_by_mail_where_an_address_is_given(
    paper: Assembly, live: Assembly
) -> None:
    assert paper["Messaging"].of_type("AWS::SNS::Subscription") == {}
    subscription = live["Messaging"].only("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == (
        "email",
        "somebody@example.com",
    )


def test_alarms_and_budgets_may_publish_without_our_code(messaging: Template) -> None:
    [allowed] = [
        set(statement["Principal"]["Service"])
        for statement in messaging.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert allowed == {"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}
