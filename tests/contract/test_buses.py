"""Queues, event bus and secrets as the adapters use them, on the local AWS."""

import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.processes.local_aws import LocalAwsAddress
from quantterminal.adapters.eventbridge.event_bus import EventBridgeBus
from quantterminal.adapters.secretsmanager.secrets import SecretsManager
from quantterminal.adapters.sqs.gauge import SqsGauge
from quantterminal.adapters.sqs.queue_bus import SqsBus
from quantterminal.adapters.sqs.redelivery import SqsRedelivery
from quantterminal.adapters.wire.codec import decode
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.domain.events import BusinessEvent, EventName, Message, SubmitOrder
from quantterminal.ports.bus import Outgoing
from quantterminal.topology import ORDERS
from tests.contract.ledger_rows import OPEN

_names = itertools.count(1)


class OrdersQueue:
    """A queue of one test, and the bus that sends to it."""

    def __init__(self, address: LocalAwsAddress) -> None:
        self.sqs = address.client("sqs")
        self.name = f"buses-{next(_names)}.fifo"
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "30"}
        made = self.sqs.create_queue(QueueName=self.name, Attributes=attributes)
        self.url = made["QueueUrl"]
        self.bus = SqsBus(self.sqs, {ORDERS: self.url})

    def receive(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            )
            batch = answer.get("Messages", [])
            if not batch:
                return found
            found += batch
            for each in batch:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=each["ReceiptHandle"])


@pytest.fixture
def queue(local_aws: LocalAwsAddress) -> OrdersQueue:
    return OrdersQueue(local_aws)


def outgoing(name: str, *, group: str = "demo:SPY") -> Outgoing:
    request = SubmitOrder("demo", f"{name}#0", f"qt1-{name}", received_ns=7)
    return Outgoing(ORDERS, group, Message(f"submit:{name}", "bars:1", "x", OPEN, request))


def test_more_than_a_batch_arrives_in_order_and_whole(queue: OrdersQueue) -> None:
    sent = [outgoing(f"{number:02}") for number in range(23)]

    queue.bus.send(sent)

    assert [decode(each["Body"]) for each in queue.receive()] == [each.message for each in sent]


def test_sending_again_is_sending_once(queue: OrdersQueue) -> None:
    for _ in range(3):
        queue.bus.send([outgoing("a"), outgoing("b", group="demo:IBM")])

    assert len(queue.receive()) == 2


@pytest.mark.parametrize("group", ["demo:SPY", "a name with spaces", "grün", "x" * 200])
def test_any_group_and_id_fit(queue: OrdersQueue, group: str) -> None:
    queue.bus.send([outgoing(group, group=group)])

    found = queue.receive()[0]
    assert decode(found["Body"]).id == f"submit:{group}"
    assert len(found["Attributes"]["MessageGroupId"]) <= 128


def test_nothing_to_send_asks_nobody(local_aws: LocalAwsAddress) -> None:
    SqsBus(local_aws.client("sqs"), {}).send([])


def test_a_queue_tells_what_waits_in_it_and_what_is_worked_on(queue: OrdersQueue) -> None:
    gauge = SqsGauge(queue.sqs, {ORDERS: queue.url})
    assert gauge.counts() == {ORDERS: 0}
    queue.bus.send([outgoing("a"), outgoing("b", group="demo:IBM")])
    assert gauge.counts() == {ORDERS: 2}

    queue.sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=1)
    assert gauge.counts() == {ORDERS: 2}
    queue.sqs.delete_queue(QueueUrl=queue.url)

    with pytest.raises(RetryableError):
        gauge.counts()


def test_a_queue_that_does_not_accept_is_retryable(queue: OrdersQueue) -> None:
    queue.sqs.delete_queue(QueueUrl=queue.url)

    with pytest.raises(RetryableError, match="orders did not accept"):
        queue.bus.send([outgoing("a")])


class RefusesTheSecond:
    """SQS as it answers when one entry of a batch failed on its side."""

    def send_message_batch(self, **_request: object) -> dict[str, object]:
        return {"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "Message": "Internal Error"}]}


def test_a_part_of_a_batch_that_failed_fails_the_whole() -> None:
    bus = SqsBus(RefusesTheSecond(), {ORDERS: "http://127.0.0.1/q"})  # type: ignore[arg-type]  # one call of a client

    with pytest.raises(RetryableError, match="refused 1 of 2: Internal Error"):
        bus.send([outgoing("a"), outgoing("b")])


def test_a_deferred_message_comes_again_early(queue: OrdersQueue) -> None:
    queue.bus.send([outgoing("a")])
    received = queue.sqs.receive_message(QueueUrl=queue.url)["Messages"][0]
    assert "Messages" not in queue.sqs.receive_message(QueueUrl=queue.url)
    redelivery = SqsRedelivery(queue.sqs, {ORDERS: queue.url})

    arn = f"arn:aws:sqs:us-east-1:000000000000:{queue.name}"
    redelivery.defer(arn, received["ReceiptHandle"], seconds=0)

    assert len(queue.receive()) == 1
    redelivery.defer(arn, "a receipt that has expired", seconds=0)


def test_events_carry_their_name_and_the_whole_message(local_aws: LocalAwsAddress) -> None:
    events, sqs = local_aws.client("events"), local_aws.client("sqs")
    events.create_event_bus(Name="contract")
    url = sqs.create_queue(QueueName="contract-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    pattern = json.dumps({"source": ["quantterminal"], "detail-type": ["HaltRaised"]})
    events.put_rule(Name="contract", EventBusName="contract", EventPattern=pattern)
    events.put_targets(
        Rule="contract", EventBusName="contract", Targets=[{"Id": "1", "Arn": arn["QueueArn"]}]
    )
    halted, opened = (
        Message(f"{name}:{n}", "c", "x", OPEN, BusinessEvent("demo", name, "text", {"n": str(n)}))
        for n, name in enumerate((EventName.HALT_RAISED, EventName.SESSION_OPENED))
    )

    EventBridgeBus(events, "contract").publish([halted, opened] * 6)

    bodies: list[dict[str, Any]] = []
    while len(bodies) < 6:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        assert answer.get("Messages")
        for each in answer["Messages"]:
            bodies.append(json.loads(each["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    assert {each["detail-type"] for each in bodies} == {"HaltRaised"}
    assert decode(json.dumps(bodies[0]["detail"])) == halted


class Broken:
    """An AWS client of which every call ends with that code."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __getattr__(self, name: str) -> Any:
        def call(**_request: object) -> None:
            raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, name)

        return call


def test_a_bus_that_does_not_answer_is_retryable() -> None:
    message = outgoing("a").message

    with pytest.raises(RetryableError, match="event bus"):
        EventBridgeBus(Broken("InternalFailure"), "x").publish([message])  # type: ignore[arg-type]  # one call of a client


def test_a_secret_is_its_fields(local_aws: LocalAwsAddress) -> None:
    client = local_aws.client("secretsmanager")
    client.create_secret(Name="contract/db", SecretString='{"host": "h", "port": 5432}')

    assert SecretsManager(client).read("contract/db") == {"host": "h", "port": "5432"}


def test_a_secret_that_is_missing_stays_missing(local_aws: LocalAwsAddress) -> None:
    with pytest.raises(PermanentError, match="'contract/none' is not readable"):
        SecretsManager(local_aws.client("secretsmanager")).read("contract/none")


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServiceError"])
def test_a_service_that_is_busy_may_be_asked_again(code: str) -> None:
    with pytest.raises(RetryableError, match=code):
        SecretsManager(Broken(code)).read("any")  # type: ignore[arg-type]  # one call of a client
