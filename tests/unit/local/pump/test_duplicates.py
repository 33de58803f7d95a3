from pathlib import Path
from typing import Any

import pytest

from local.market.faults import Faults
from local.processes.local_aws import LocalAwsAddress
from local.pump.duplicates import DuplicatingQueue
from local.pump.event_source import QueueSource
from local.pump.in_flight import InFlight
from tests.unit.local.pump.sources import new_queue, send


@pytest.fixture(scope="module")
def sqs(local_aws: LocalAwsAddress) -> Any:
    return local_aws.client("sqs")


def handled_while(armed: str, sqs: Any, folder: Path) -> list[str]:
    """What the function is shown of two messages, until the queue is empty."""
    url = new_queue(sqs)
    send(sqs, url, "one", "two")
    seen: list[str] = []
    faults = Faults()
    if armed:
        faults.arm(armed, 1)
    source = QueueSource(
        "orders",
        queue=DuplicatingQueue(sqs, url, region="us-east-1", faults=faults),
        batch_size=1,
        invoke=lambda event: seen.extend(record["body"] for record in event["Records"]),
        kept=InFlight(folder),
    )
    while source.poll().messages:
        pass
    assert source.depth() == 0
    return seen


@pytest.mark.parametrize(
    ("armed", "seen"),
    [
        ("", ["one", "two"]),
        ("deliver_again", ["one", "one", "two"]),
        ("send_copy", ["one", "two", "one"]),
    ],
)
def test_a_message_may_come_twice(armed: str, seen: list[str], sqs: Any, tmp_path: Path) -> None:
    assert handled_while(armed, sqs, tmp_path) == seen
