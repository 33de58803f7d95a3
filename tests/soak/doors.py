"""The ways into a running `qt run` from outside: what its own processes were given, and no more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psycopg
import redis
import urllib3
from psycopg.rows import dict_row

from local.json_http import JsonClient
from tests.e2e.qt_process import QtRun

_FILLS_A_PAGE = 100
_ORDERS_AT_MOST = 500


class Doors:
    """Made while container and pump run; what is started again keeps its ports and passwords."""

    def __init__(self, run: QtRun, folder: Path) -> None:
        (pump_pid, pump_line), *_ = [
            each for each in run.children().items() if "local.pump" in each[1]
        ]
        environment = _environment(pump_pid)
        words = pump_line.split()
        configuration = json.loads((folder / "market.json").read_text())
        self.market = JsonClient(configuration["control_port"])
        self.pump = JsonClient(int(words[words.index("--control-port") + 1]))
        self._redis_url = environment["QT_REDIS_URL"]
        self._broker_url = environment["QT_BROKER_URL"]
        self._broker_headers = {
            "APCA-API-KEY-ID": configuration["api_key"],
            "APCA-API-SECRET-KEY": configuration["api_secret"],
        }
        self._http = urllib3.PoolManager(timeout=5.0, retries=False)
        self._sqs, secrets = (_aws(name, environment) for name in ("sqs", "secretsmanager"))
        secret = secrets.get_secret_value(SecretId=environment["QT_DATABASE_SECRET_ID"])
        self._database = json.loads(secret["SecretString"])

    def flush(self) -> None:
        client = redis.Redis.from_url(self._redis_url, socket_timeout=2)
        try:
            client.flushall()
        finally:
            client.close()

    @contextmanager
    def ledger(self) -> Iterator["psycopg.Connection[dict[str, Any]]"]:
        """One transaction that sees one state of the ledger."""
        given = self._database
        with psycopg.connect(
            host=given["host"],
            port=given["port"],
            dbname=given["dbname"],
            user=given["username"],
            password=given["password"],
            connect_timeout=2,
            row_factory=dict_row,
        ) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection

    def broker_orders(self) -> list[dict[str, Any]]:
        found = self._broker(f"/v2/orders?status=all&direction=asc&limit={_ORDERS_AT_MOST}")
        assert len(found) < _ORDERS_AT_MOST, "the broker may have more orders than one page"
        return found

    def broker_fills(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            token = f"&page_token={found[-1]['id']}" if found else ""
            page = self._broker(
                f"/v2/account/activities/FILL?direction=asc&page_size={_FILLS_A_PAGE}{token}"
            )
            found += page
            if len(page) < _FILLS_A_PAGE:
                return found

    def depths(self) -> dict[str, int]:
        """Messages by queue, dead-letter queues included; the operator's alerts are no work."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        depths = {}
        for url in self._sqs.list_queues()["QueueUrls"]:
            answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))
            depth = sum(int(answer["Attributes"][name]) for name in names)
            if depth and not url.endswith("alerts-dashboard"):
                depths[url.rsplit("/", 1)[-1]] = depth
        return depths

    def _broker(self, path: str) -> list[dict[str, Any]]:
        """Asked again where a fault that is still armed answers instead."""
        while True:
            answer = self._http.request(
                "GET", self._broker_url + path, headers=self._broker_headers
            )
            if answer.status == 200:
                found: list[dict[str, Any]] = json.loads(answer.data)
                return found
            assert answer.status == 429, answer.data


def _environment(pid: int) -> dict[str, str]:
    parts = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(part.decode().split("=", 1) for part in parts if b"=" in part)


def _aws(service: str, environment: dict[str, str]) -> Any:
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
