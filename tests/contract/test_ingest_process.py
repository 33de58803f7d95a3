"""The container as it runs: its own process, real queues, store and working state, and kill -9."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import msgspec
import psycopg
import pytest

from local.preparation import prepare_ledger
from local.processes.local_aws import LocalAwsAddress
from local.processes.ready import free_port
from quantterminal import topology
from quantterminal.adapters.wire.codec import decode
from quantterminal.domain.configuration import Mode, TradingConfig
from quantterminal.domain.events import MinuteClosed
from tests.contract.market_process import MarketProcess, market, until
from tests.project_files import ROOT

ACCOUNT = "ingest-process"
SYMBOLS = ("AAA", "BBB")
STOP_S = 2.0


@dataclass
class Stack:
    """The container's surroundings; `start` and `kill` are its life."""

    market: MarketProcess
    environment: dict[str, str]
    sqs: Any
    queues: dict[str, str]
    database: str
    process: subprocess.Popen[bytes] | None = None
    taken: list[MinuteClosed] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ingest_container"], env=self.environment, cwd=ROOT
        )
        self.until(lambda health: health["feed"] == "live" and health["gate"] == "LIVE", "live")

    def end(self, name: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(name)
        return self.process.wait(STOP_S)

    def step_minute(self) -> None:
        """One minute of the market, the container seeing every step of it."""
        kind = ""
        while kind != "settle":
            played = self.market.step()
            kind = played["kind"]
            now = datetime.fromisoformat(played["now"])
            self.until(lambda health, now=now: seen(health) >= now, f"{now}")

    def until(self, condition: Callable[[dict[str, Any]], bool], what: str) -> None:
        def holds() -> bool:
            assert self.process is not None
            assert self.process.poll() is None
            found = self.health()
            return found is not None and condition(found)

        until(holds, what)

    def health(self) -> dict[str, Any] | None:
        address = f"http://127.0.0.1:{self.environment['QT_HEALTH_PORT']}/health"
        try:
            with urlopen(address, timeout=5) as answer:
                return dict(json.loads(answer.read()))
        except (URLError, ConnectionError):
            return None

    def minutes(self) -> list[MinuteClosed]:
        """All that the queue has given so far."""
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.queues[topology.BARS], MaxNumberOfMessages=10, WaitTimeSeconds=0
            )
            for each in answer.get("Messages", []):
                payload = decode(each["Body"]).payload
                assert isinstance(payload, MinuteClosed)
                self.taken.append(payload)
                self.sqs.delete_message(
                    QueueUrl=self.queues[topology.BARS], ReceiptHandle=each["ReceiptHandle"]
                )
            if not answer.get("Messages"):
                return self.taken


def seen(health: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(health["clock_seen"])


def environment_of(
    process: MarketProcess, aws: LocalAwsAddress, *, clock: Path, valkey_url: str
) -> dict[str, str]:
    trading = TradingConfig(account=ACCOUNT, mode=Mode.SIMULATED, symbols=SYMBOLS, strategies=())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    return {
        **kept,
        **aws.environment,
        "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}",
        "QT_CONFIG": msgspec.json.encode(trading).decode(),
        "QT_EVENT_BUS": "default",
        "QT_REDIS_URL": valkey_url,
        "QT_DATABASE_SECRET_ID": f"{ACCOUNT}/database",
        "QT_BROKER_SECRET_ID": f"{ACCOUNT}/broker",
        "QT_FEED_SECRET_ID": f"{ACCOUNT}/feed",
        "QT_BROKER_URL": f"http://{process.broker}",
        "QT_BROKER_STREAM_URL": f"ws://{process.broker}/stream",
        "QT_FEED_URL": f"ws://{process.feed}/stocks",
        "QT_FEED_REST_URL": f"http://{process.feed}",
        "QT_FEED_STALL_AFTER_S": "0",
        "QT_CLOCK_FILE": str(clock),
        "QT_HEALTH_PORT": str(free_port()),
    }


def secrets_of(database: str) -> dict[str, dict[str, str]]:
    parts = {
        name: str(value) for name, value in psycopg.conninfo.conninfo_to_dict(database).items()
    }
    return {
        "database": {
            "host": parts["host"],
            "port": parts["port"],
            "dbname": parts["dbname"],
            "username": parts["user"],
            "password": parts["password"],
        },
        "broker": {"key_id": "key", "secret_key": "secret"},
        "feed": {"api_key": "feed-key"},
    }


@pytest.fixture
def stack(
    tmp_path: Path, local_aws: LocalAwsAddress, valkey_url: str, database: str
) -> Iterator[Stack]:
    sqs, store = local_aws.client("sqs"), local_aws.client("secretsmanager")
    names = (topology.BARS, topology.ORDERS, topology.ORDER_UPDATES)
    queues = {
        name: sqs.create_queue(
            QueueName=f"{ACCOUNT}-{name}.fifo", Attributes={"FifoQueue": "true"}
        )["QueueUrl"]
        for name in names
    }
    for name, fields in secrets_of(database).items():
        store.create_secret(Name=f"{ACCOUNT}/{name}", SecretString=json.dumps(fields))
    with market(tmp_path) as process:
        now = datetime.fromisoformat(process.state()["now"])
        prepare_ledger(database, account=ACCOUNT, cash=Decimal(100_000), at=now)
        environment = environment_of(
            process, local_aws, clock=tmp_path / "clock", valkey_url=valkey_url
        )
        environment["QT_QUEUE_URLS"] = json.dumps(queues)
        made = Stack(process, environment, sqs, queues, database)
        try:
            yield made
        finally:
            if made.process is not None:
                made.process.kill()
                made.process.wait()


def test_no_minute_is_lost_or_sent_twice_across_a_kill_and_the_end_is_clean(stack: Stack) -> None:
    stack.start()
    for _ in range(2):
        stack.step_minute()
    stack.end(signal.SIGKILL)
    for _ in range(2):
        stack.market.step_to("settle")

    stack.start()
    stack.step_minute()
    until(lambda: len(stack.minutes()) >= 5, "five minutes")
    started = time.monotonic()
    code = stack.end(signal.SIGTERM)

    minutes = [closed.minute for closed in stack.minutes()]
    assert minutes == [minutes[0] + timedelta(minutes=number) for number in range(5)]
    assert all(len(closed.bars) == len(SYMBOLS) for closed in stack.minutes())
    with psycopg.connect(stack.database) as connection:
        stored = connection.execute("select count(*), max(revision) from bars").fetchone()
    assert stored == (10, 0)
    assert code == 0
    assert time.monotonic() - started < STOP_S
