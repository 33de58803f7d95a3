"""F34: a message about money is never given up silently. On real stores."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.batch import handle_batch
from local.processes.postgres import Postgres
from quantterminal.adapters.memory.redelivery import MemoryRedelivery
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.halt_ledger import PostgresHaltLedger
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.adapters.wire.codec import decode, encode
from quantterminal.bootstrap import Edge
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.events import (
    EventName,
    Message,
    OrderUpdated,
    Payload,
    SubmitOrder,
    SweepOrders,
)
from quantterminal.domain.halts import ACCOUNT, HaltCode
from quantterminal.domain.risk import HaltLevel
from quantterminal.ports.ledger import HaltLedger
from quantterminal.topology import MAX_RECEIVES
from tests.ledger_database import empty
from tests.unit.quantterminal.services.pipeline import CASH, OPEN, Pipeline, trading

NOON = datetime(2024, 3, 4, 17, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger_url(postgres: Postgres) -> str:
    url = postgres.create_database("dead_letters").url
    migrate(url)
    return url


@pytest.fixture
def pipeline(ledger_url: str, valkey_url: str) -> Iterator[Pipeline]:
    empty(ledger_url)
    made = Pipeline(ledger_url, valkey_url, trading())
    made.accounts.open_account(made.account, cash=CASH, at=OPEN)
    made.mark(0, SPY=100.0, IBM=100.0)
    yield made
    made.close()


def record(payload: Payload, *, group: str, receives: int, queue: str = "orders") -> dict[str, Any]:
    return {
        "messageId": "id",
        "receiptHandle": "receipt",
        "body": encode(Message("m", "c", "b", NOON, payload)),
        "attributes": {"ApproximateReceiveCount": str(receives), "MessageGroupId": group},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}.fifo",
        "awsRegion": "us-east-1",
    }


def handle(pipeline: Pipeline, event: dict[str, Any], *, problem: Exception | None) -> list[str]:
    def step(_message: Message) -> None:
        if problem is not None:
            raise problem

    edge = Edge(
        pipeline.telemetry,  # type: ignore[arg-type]  # the one in memory
        MemoryRedelivery(),
        pipeline.announcer,
        decode,
        pipeline.halts,
    )
    answer = handle_batch({"Records": [event]}, None, step=step, edge=edge)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def halts(pipeline: Pipeline) -> dict[str, tuple[HaltLevel, HaltCode]]:
    ledger: HaltLedger = pipeline.halt_ledger
    return {h.scope: (h.level, h.code) for h in ledger.halts(pipeline.account) if h.level}


def submit(pipeline: Pipeline) -> SubmitOrder:
    return SubmitOrder(pipeline.account, "intent", "qt1-a")


@pytest.mark.parametrize("problem", [RetryableError("away"), ZeroDivisionError("a bug")])
@pytest.mark.parametrize(("receives", "stops"), [(MAX_RECEIVES - 1, False), (MAX_RECEIVES, True)])
def test_the_last_failure_of_an_order_stops_its_symbol(
    pipeline: Pipeline, problem: Exception, receives: int, *, stops: bool
) -> None:
    event = record(submit(pipeline), group=f"{pipeline.account}:SPY", receives=receives)

    assert handle(pipeline, event, problem=problem) == ["id"]

    expected = {"symbol:SPY": (HaltLevel.REDUCE_ONLY, HaltCode.DEAD_LETTER)} if stops else {}
    assert halts(pipeline) == expected
    assert len(pipeline.events(EventName.MESSAGE_GIVEN_UP)) == stops


def test_the_last_failure_of_a_fact_stops_the_symbol_of_its_order(pipeline: Pipeline) -> None:
    order = pipeline.working("IBM")
    update = replace(pipeline.broker._orders[order.client_order_id])
    payload = OrderUpdated(pipeline.account, update, "stream")
    event = record(payload, group="any", receives=MAX_RECEIVES, queue="order-updates")

    handle(pipeline, event, problem=RetryableError("away"))

    assert set(halts(pipeline)) == {"symbol:IBM"}


def test_what_is_about_no_symbol_stops_the_account(pipeline: Pipeline) -> None:
    payload = SweepOrders(pipeline.account, NOON)
    event = record(payload, group=f"{pipeline.account}:sweep", receives=MAX_RECEIVES)

    handle(pipeline, event, problem=RetryableError("away"))

    assert set(halts(pipeline)) == {ACCOUNT}


def test_a_redriven_message_is_handled_and_halts_nothing_anew(pipeline: Pipeline) -> None:
    group = f"{pipeline.account}:SPY"
    failed = record(submit(pipeline), group=group, receives=MAX_RECEIVES)
    handle(pipeline, failed, problem=RetryableError("away"))
    epoch = max(each.epoch for each in pipeline.halt_ledger.halts(pipeline.account))

    again = record(submit(pipeline), group=group, receives=1)
    assert handle(pipeline, again, problem=None) == []
    handle(pipeline, failed, problem=RetryableError("away"))

    assert max(each.epoch for each in pipeline.halt_ledger.halts(pipeline.account)) == epoch


def test_a_redriven_submit_and_update_change_nothing(pipeline: Pipeline) -> None:
    request = pipeline.approved("SPY")
    first = pipeline.submit(request)
    assert pipeline.submit(request) == first
    assert len(pipeline.broker.posts) == 1


def test_a_ledger_that_is_away_does_not_hide_the_failure(pipeline: Pipeline) -> None:
    event = record(submit(pipeline), group=f"{pipeline.account}:SPY", receives=MAX_RECEIVES)
    nowhere = Database(lambda: "host=127.0.0.1 port=1 user=nobody")
    pipeline.halts = replace(pipeline.halts, ledger=PostgresHaltLedger(nowhere))

    assert handle(pipeline, event, problem=RetryableError("away")) == ["id"]
    assert pipeline.telemetry.named("HaltNotRaised")
