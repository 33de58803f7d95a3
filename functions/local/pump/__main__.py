"""The pump's process: built from the environment that the supervisor made, controlled over HTTP.

`POST /drain {"queues", "schedules"}` (stepped runs), `POST /invoke {"function", "event"}`,
`GET /depths`, `GET /fired`, `GET /health`, and for tests `POST /fault {"kind", "count"}`.
"""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from local.json_http import json_server
from local.market.faults import Faults
from local.processes.python_module import log_to_stderr
from local.pump.duplicates import DUPLICATE_KINDS, DuplicatingQueue
from local.pump.event_source import QueueAddress, QueueSource, RuleSource
from local.pump.in_flight import InFlight
from local.pump.lambda_function import LambdaFunction
from local.pump.pump import Pump, Source
from local.pump.scheduler import Scheduler
from quantterminal import topology
from quantterminal.adapters.clock.replay import ReplayClock
from quantterminal.adapters.clock.system import SystemClock
from quantterminal.ports.clock import Clock

_log = logging.getLogger("local.pump")


def routes(pump: Pump, *, steps: bool, faults: Faults) -> dict[str, Any]:
    """The control API; a drain is refused while threads of their own move the messages."""

    def drain(body: Any) -> dict[str, Any]:
        if not steps:
            raise RuntimeError("Expected a run at speed max, was real time: nothing to drain")
        asked = body or {}
        done = pump.drain(asked.get("queues"), schedules=asked.get("schedules", True))
        return {
            "handled": done.handled.messages,
            "failures": done.handled.failures,
            "fired": list(done.fired),
        }

    def invoke(body: Any) -> dict[str, Any]:
        return {"answer": pump.invoke(body["function"], body.get("event", {}))}

    def fault(body: Any) -> dict[str, Any]:
        kind, count = body["kind"], body.get("count", 1)
        if kind not in DUPLICATE_KINDS:
            raise ValueError(f"Expected a kind of {sorted(DUPLICATE_KINDS)}, was {kind!r}")
        faults.arm(kind, count)
        return {"armed": kind, "count": count}

    def health(_body: Any) -> dict[str, Any]:
        total = pump.counted()
        return {
            "status": "ok",
            "pid": os.getpid(),
            "handled": total.messages,
            "failures": total.failures,
        }

    return {
        "POST /drain": drain,
        "POST /invoke": invoke,
        "POST /fault": fault,
        "GET /fired": lambda _body: pump.fired(),
        "GET /depths": lambda _body: pump.depths(),
        "GET /health": health,
    }


def build(environment: dict[str, str], *, started: datetime, folder: Path, faults: Faults) -> Pump:
    """The pump of this process, from the environment that the supervisor made."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    region = environment["AWS_REGION"]
    # Thousands of polls: the local AWS asks for no signature, and these few calls are known.
    cheap = Config(
        max_pool_connections=20,
        connect_timeout=2,
        signature_version=UNSIGNED,
        parameter_validation=False,
    )
    sqs = boto3.client("sqs", config=cheap)
    functions = {each.name: LambdaFunction(each) for each in topology.FUNCTIONS}
    queue_urls: dict[str, str] = json.loads(environment["QT_QUEUE_URLS"])
    bus_urls: dict[str, str] = json.loads(environment["QT_LOCAL_BUS_QUEUES"])
    kept = InFlight(folder / "in-flight")
    rule_urls = {f"bus-{name}": url for name, url in bus_urls.items()}
    returned = kept.give_back(sqs, {**queue_urls, **rule_urls})
    if returned:
        _log.warning("gave back %d messages that an earlier pump had taken", returned)
    sources: list[Source] = [
        QueueSource(
            queue.name,
            queue=DuplicatingQueue(sqs, queue_urls[queue.name], region=region, faults=faults),
            batch_size=queue.batch_size,
            invoke=functions[queue.consumer].invoke,
            kept=kept,
        )
        for queue in topology.QUEUES
    ]
    sources += [
        RuleSource(
            f"bus-{rule.name}",
            queue=QueueAddress(sqs, bus_urls[rule.name], region=region),
            invoke=functions[rule.function].invoke,
            kept=kept,
        )
        for rule in topology.BUS_RULES
    ]
    scheduler = Scheduler(topology.SCHEDULES, started=started, memory=folder / "schedules.json")
    clock_file = environment.get("QT_CLOCK_FILE")
    clock: Clock = ReplayClock(Path(clock_file)) if clock_file else SystemClock()
    return Pump(sources, functions, scheduler=scheduler, clock=clock)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="local.pump")
    parser.add_argument("--control-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--started", type=datetime.fromisoformat, required=True)
    parser.add_argument("--stepped", action="store_true")
    options = parser.parse_args(arguments)
    log_to_stderr()
    _log.info("pump started, pid %d", os.getpid())
    faults = Faults()
    pump = build(dict(os.environ), started=options.started, folder=options.folder, faults=faults)
    server = json_server(options.control_port, routes(pump, steps=options.stepped, faults=faults))
    threads = [] if options.stepped else pump.start()

    def end(_signal: int, _frame: Any) -> None:
        pump.stop()
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server.serve_forever(poll_interval=0.05)
    for thread in threads:
        thread.join(timeout=2.0)
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
