import json
from typing import Any

import pytest

from local import resources as local_resources
from local.processes.local_aws import LocalAwsAddress
from quantterminal import topology


@pytest.fixture(scope="module")
def resources(local_aws: LocalAwsAddress) -> local_resources.Resources:
    return local_resources.create_resources(
        local_aws, secrets={local_resources.BROKER_SECRET: {"key_id": "k", "secret_key": "s"}}
    )


@pytest.fixture(scope="module")
def sqs(local_aws: LocalAwsAddress) -> Any:
    return local_aws.client("sqs")


def test_every_queue_has_its_visibility_and_dead_letters(
    sqs: Any, resources: local_resources.Resources
) -> None:
    for queue in topology.QUEUES:
        url = resources.queue_urls[queue.name]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(found["RedrivePolicy"])

        assert found["FifoQueue"] == "true"
        assert int(found["VisibilityTimeout"]) == topology.visibility_timeout_s(queue)
        assert redrive["deadLetterTargetArn"].endswith(queue.dead_letter_name)
        assert int(redrive["maxReceiveCount"]) == topology.MAX_RECEIVES


def test_a_rule_lets_only_its_events_through(
    local_aws: LocalAwsAddress, sqs: Any, resources: local_resources.Resources
) -> None:
    rule = topology.BUS_RULES[0]
    events = local_aws.client("events")
    for name in (rule.events[0], "SomethingElse"):
        events.put_events(
            Entries=[
                {
                    "EventBusName": local_resources.EVENT_BUS,
                    "Source": "quantterminal",
                    "DetailType": name,
                    "Detail": "{}",
                }
            ]
        )

    answer = sqs.receive_message(
        QueueUrl=resources.bus_queue_urls[rule.name], MaxNumberOfMessages=10, WaitTimeSeconds=5
    )

    bodies = [json.loads(message["Body"]) for message in answer["Messages"]]
    assert [body["detail-type"] for body in bodies] == [rule.events[0]]
    assert bodies[0]["detail"] == {}


def test_an_alert_reaches_the_queue_of_the_terminal(
    local_aws: LocalAwsAddress, sqs: Any, resources: local_resources.Resources
) -> None:
    local_aws.client("sns").publish(
        TopicArn=resources.alert_topic_arn, Subject="HaltRaised", Message="halted"
    )

    answer = sqs.receive_message(QueueUrl=resources.alert_queue_url, WaitTimeSeconds=5)

    assert json.loads(answer["Messages"][0]["Body"])["Message"] == "halted"


def test_secrets_can_be_read_back(
    local_aws: LocalAwsAddress, resources: local_resources.Resources
) -> None:
    assert resources.queue_urls
    store = local_aws.client("secretsmanager")

    found = store.get_secret_value(SecretId=local_resources.BROKER_SECRET)["SecretString"]

    assert json.loads(found) == {"key_id": "k", "secret_key": "s"}
