"""The recorded hour: what is started for it, and what must be true after it."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import psycopg

from local.books import OrderState, ledger_orders
from local.json_http import JsonClient, RemoteError
from local.processes.child import inherited_environment
from local.processes.python_module import start_module
from local.processes.ready import free_port, wait_until_ready
from local.summary import Summary, read_cache, read_summary
from local.surroundings import process_environment
from quantterminal import topology
from tests.deploy_local.findings import Findings
from tests.deploy_local.fleet import Fleet
from tests.deploy_local.ground import Ground
from tests.deploy_local.inventory import Inventory
from tests.deploy_local.knocks import deployed_schedules, switch
from tests.deploy_local.replay import DeployedPipeline, container_variables, play

ON_THE_WAY = ("strategy", "risk", "execution", "order_updates", "reconcile", "session")
AT_THE_END = ("reports", "trade_log", "notify")


def play_hour(
    findings: Findings,
    *,
    ground: Ground,
    fleet: Fleet,
    inventory: Inventory,
    bars: int,
) -> None:
    scheduler = inventory.client("scheduler")
    schedules = deployed_schedules(scheduler)
    switch(scheduler, schedules, state="DISABLED")
    began = time.monotonic()
    with ExitStack() as stack:
        port = free_port()
        environment = _container_environment(inventory, fleet, port)
        container = start_module(
            "container",
            "ingest_container",
            [],
            environment=environment,
            folder=ground.folder,
            logs=ground.folder / "logs",
        )
        stack.callback(container.stop)
        if ground.ledger is None:
            raise RuntimeError("Expected the ledger to be there after the deploy")
        connection = psycopg.connect(ground.ledger.url, autocommit=True)
        stack.callback(connection.close)
        account = ground.trading.account

        def orders() -> Mapping[str, OrderState]:
            return ledger_orders(connection, account)

        pipeline = DeployedPipeline(
            market=JsonClient(ground.ports.control),
            container=JsonClient(port),
            ledger_orders=orders,
            inventory=inventory,
            fleet=fleet,
            schedules=schedules,
            memory=ground.folder / "schedules.json",
        )
        wait_until_ready(container, partial(_is_live, pipeline), deadline_s=60)
        play(pipeline)
        summary = read_summary(
            connection,
            account,
            state=pipeline.market_state(),
            cache=read_cache({**environment, **process_environment()}),
            duration_s=time.monotonic() - began,
        )
        findings.equal("queues at the end", pipeline.depths(), {})
    switch(scheduler, schedules, state="ENABLED")
    _check(findings, summary, inventory=inventory, fleet=fleet, bars=bars)


def _container_environment(inventory: Inventory, fleet: Fleet, port: int) -> dict[str, str]:
    """What the deployed task is told, with the same few replacements as the functions have."""
    task = inventory.client("ecs").describe_task_definition(
        taskDefinition=inventory.one("AWS::ECS::TaskDefinition")
    )["taskDefinition"]
    return {
        **inherited_environment(),
        "PYTHONPATH": process_environment()["PYTHONPATH"],
        "PYTHONUNBUFFERED": "1",
        **container_variables(task),
        **fleet.replaced,
        "QT_HEALTH_PORT": str(port),
        "QT_FEED_STALL_AFTER_S": "0",
    }


def _is_live(pipeline: DeployedPipeline) -> bool:
    try:
        return pipeline.container().is_live
    except RemoteError:
        return False


def _check(
    findings: Findings, summary: Summary, *, inventory: Inventory, fleet: Fleet, bars: int
) -> None:
    agreement = summary.agreement
    findings.holds(
        "ledger, cache and broker agree to the share and the cent",
        agreement.agree,
        agreement.differences,
    )
    findings.equal("bars stored", summary.bars_in, bars)
    findings.holds("orders were filled", summary.fills > 0, summary)
    findings.note(
        f"{summary.signals} signals, {summary.orders} orders, {summary.fills} fills,"
        f" {summary.cancels} cancels; cash {agreement.ledger.cash},"
        f" positions {dict(agreement.ledger.positions)}; bar to order"
        f" {summary.latency_ms.p50} ms (p50)"
    )
    findings.equal("executions that failed", fleet.problems, [])
    for name in (*ON_THE_WAY, *AT_THE_END):
        findings.holds(f"{name} ran {fleet.executed.get(name, 0)} times", fleet.executed.get(name))
    for queue in topology.QUEUES:
        dead = inventory.dead_letters(queue.name)
        findings.equal(f"dead letters of {queue.name}", dead, 0)
    _check_archive(findings, inventory)


def _check_archive(findings: Findings, inventory: Inventory) -> None:
    """The report and the trade log lie in the deployed bucket, locked."""
    s3, bucket = inventory.client("s3"), inventory.variables("reports")["QT_BUCKET"]
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    keys = sorted(each["Key"] for each in found)
    for prefix in ("reports/", "trade-log/"):
        findings.holds(f"{prefix} is written", [k for k in keys if k.startswith(prefix)], keys)
    locked: list[Any] = [
        s3.head_object(Bucket=bucket, Key=key).get("ObjectLockMode") for key in keys
    ]
    findings.equal("what is written is locked", set(locked), {"GOVERNANCE"})
