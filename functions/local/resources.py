"""Makes the resources of `topology` in the local AWS, as the CDK app makes them in the cloud.

One difference: EventBridge and SNS call Lambdas themselves there; here a rule and the alert topic
deliver to standard queues, which the pump and the terminal read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.processes.local_aws import LocalAwsAddress
from quantterminal import topology

EVENT_BUS = BUCKET = "quantterminal"
ALERT_TOPIC, ALERT_QUEUE = "alerts", "alerts-dashboard"
DATABASE_SECRET, BROKER_SECRET, FEED_SECRET = (
    f"quantterminal/{name}" for name in ("database", "broker", "feed")
)
# Lambda tries an asynchronous invocation three times.
_ASYNC_TRIES = 3


@dataclass(frozen=True, slots=True)
class Resources:
    """What was made: queue URLs by topology name, bus queue URLs by rule name."""

    queue_urls: Mapping[str, str]
    bus_queue_urls: Mapping[str, str]
    alert_topic_arn: str
    alert_queue_url: str


def create_resources(
    address: LocalAwsAddress, *, secrets: Mapping[str, Mapping[str, str]]
) -> Resources:
    """Queues with their dead-letter queues, bus and rules, topic, bucket and secrets."""
    sqs = address.client("sqs")
    queue_urls = {queue.name: _fifo_queue(sqs, queue) for queue in topology.QUEUES}
    bus_queue_urls = _bus(address.client("events"), sqs)
    topic_arn, alert_queue_url = _alerts(address.client("sns"), sqs)
    address.client("s3").create_bucket(Bucket=BUCKET)
    store = address.client("secretsmanager")
    for name, fields in secrets.items():
        store.create_secret(Name=name, SecretString=json.dumps(dict(fields)))
    return Resources(queue_urls, bus_queue_urls, topic_arn, alert_queue_url)


def bus_queue_name(rule: topology.BusRule) -> str:
    return f"bus-{rule.name}"


def _fifo_queue(sqs: Any, queue: topology.Queue) -> str:
    fifo = {"FifoQueue": "true"}
    dead = sqs.create_queue(QueueName=queue.dead_letter_name, Attributes=fifo)["QueueUrl"]
    attributes = {
        **fifo,
        "VisibilityTimeout": str(topology.visibility_timeout_s(queue)),
        "RedrivePolicy": _redrive(sqs, dead, topology.MAX_RECEIVES),
    }
    url: str = sqs.create_queue(QueueName=queue.fifo_name, Attributes=attributes)["QueueUrl"]
    return url


def _redrive(sqs: Any, dead_letter_url: str, receives: int) -> str:
    return json.dumps(
        {
            "deadLetterTargetArn": _queue_arn(sqs, dead_letter_url),
            "maxReceiveCount": str(receives),
        }
    )


def _queue_arn(sqs: Any, url: str) -> str:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = answer["Attributes"]["QueueArn"]
    return arn


def _bus(events: Any, sqs: Any) -> dict[str, str]:
    events.create_event_bus(Name=EVENT_BUS)
    urls = {}
    for rule in topology.BUS_RULES:
        name = bus_queue_name(rule)
        timeout_s = topology.function(rule.function).timeout_s
        dead = sqs.create_queue(QueueName=f"{name}-dlq")["QueueUrl"]
        attributes = {
            "VisibilityTimeout": str(timeout_s * topology.VISIBILITY_PER_TIMEOUT),
            "RedrivePolicy": _redrive(sqs, dead, _ASYNC_TRIES),
        }
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        pattern = json.dumps({"detail-type": list(rule.events)})
        events.put_rule(Name=rule.name, EventBusName=EVENT_BUS, EventPattern=pattern)
        target = {"Id": name, "Arn": _queue_arn(sqs, url)}
        events.put_targets(Rule=rule.name, EventBusName=EVENT_BUS, Targets=[target])
        urls[rule.name] = url
    return urls


def _alerts(sns: Any, sqs: Any) -> tuple[str, str]:
    topic: str = sns.create_topic(Name=ALERT_TOPIC)["TopicArn"]
    url: str = sqs.create_queue(QueueName=ALERT_QUEUE)["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_queue_arn(sqs, url))
    return topic, url
