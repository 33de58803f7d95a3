from typing import Any

import pytest

from quantterminal import topology
from tests.infra.conftest import Template

DEAD_LETTER_DAYS = 14


def queue_of(template: Template, spec: topology.Queue) -> dict[str, Any]:
    prefix = spec.name.replace("-", "") + "Queue"
    [found] = [each for name, each in queues(template).items() if name.startswith(prefix)]
    return found


def queues(template: Template) -> dict[str, dict[str, Any]]:
    return template.of_type("AWS::SQS::Queue")


@pytest.mark.parametrize("spec", topology.QUEUES, ids=lambda spec: spec.name)
def test_each_queue_is_fifo_with_the_patience_of_its_consumer(
    templates: dict[str, Template], spec: topology.Queue
) -> None:
    queue = queue_of(templates["Messaging"], spec)
    timeout_s = topology.function(spec.consumer).timeout_s
    assert queue["FifoQueue"] is True
    assert queue["VisibilityTimeout"] == topology.VISIBILITY_PER_TIMEOUT * timeout_s
    assert queue["SqsManagedSseEnabled"] is True
    assert not queue.get("ContentBasedDeduplication", False)


@pytest.mark.parametrize("spec", topology.QUEUES, ids=lambda spec: spec.name)
def test_poison_goes_to_a_fifo_dead_letter_queue_after_enough_tries(
    templates: dict[str, Template], spec: topology.Queue
) -> None:
    redrive = queue_of(templates["Messaging"], spec)["RedrivePolicy"]
    dead_letters = queues(templates["Messaging"])[redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]]
    assert redrive["maxReceiveCount"] == topology.MAX_RECEIVES
    assert dead_letters["FifoQueue"] is True
    assert dead_letters["SqsManagedSseEnabled"] is True
    assert dead_letters["MessageRetentionPeriod"] == DEAD_LETTER_DAYS * 24 * 3600


def test_there_is_no_queue_beyond_the_topology(templates: dict[str, Template]) -> None:
    assert len(queues(templates["Messaging"])) == 2 * len(topology.QUEUES)


@pytest.mark.parametrize(
    ("stack", "kind", "policy"),
    [
        ("Messaging", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
        ("Messaging", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"),
        ("Archive", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"),
    ],
)
def test_everything_that_takes_data_refuses_plain_text(
    templates: dict[str, Template], stack: str, kind: str, policy: str
) -> None:
    statements = [
        statement
        for each in templates[stack].of_type(policy).values()
        for statement in each["PolicyDocument"]["Statement"]
    ]
    refusing = [
        each
        for each in statements
        if each["Effect"] == "Deny"
        and each["Condition"].get("Bool") == {"aws:SecureTransport": "false"}
    ]
    assert len(refusing) == len(templates[stack].of_type(kind)) > 0


def test_there_is_one_bus_and_one_topic_for_the_operator(templates: dict[str, Template]) -> None:
    assert len(templates["Messaging"].of_type("AWS::Events::EventBus")) == 1
    assert len(templates["Messaging"].of_type("AWS::SNS::Topic")) == 1
