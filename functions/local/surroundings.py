"""The environment variables of a run's processes: every name of `settings.VARIABLES`, and no more
of the user's environment than a program needs to start.
"""

import importlib.util
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

from local import resources
from local.plan import RunPlan
from local.processes.child import inherited_environment
from local.processes.local_aws import LocalAwsAddress
from local.resources import Resources

_HERE = Path(__file__).resolve()


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where feed and broker are; URLs as `settings.VARIABLES` describes them."""

    broker: str
    broker_stream: str
    feed: str
    feed_rest: str


PAPER_ENDPOINTS = Endpoints(
    broker="https://paper-api.alpaca.markets",
    broker_stream="wss://paper-api.alpaca.markets/stream",
    feed="wss://socket.massive.com/stocks",
    feed_rest="https://api.massive.com",
)


def local_endpoints(*, broker_port: int, feed_port: int) -> Endpoints:
    return Endpoints(
        broker=f"http://127.0.0.1:{broker_port}",
        broker_stream=f"ws://127.0.0.1:{broker_port}/stream",
        feed=f"ws://127.0.0.1:{feed_port}/stocks",
        feed_rest=f"http://127.0.0.1:{feed_port}",
    )


def process_environment() -> dict[str, str]:
    """What every Python process of the run needs to find this very code."""
    return {
        **inherited_environment(),
        "PYTHONPATH": os.pathsep.join(_source_roots()),
        "PYTHONUNBUFFERED": "1",
    }


def run_environment(
    plan: RunPlan,
    *,
    aws: LocalAwsAddress,
    made: Resources,
    endpoints: Endpoints,
    valkey_url: str,
    clock_file: Path | None,
    health_port: int,
) -> dict[str, str]:
    """The environment of pump, container and web host."""
    environment = {
        **process_environment(),
        **aws.environment,
        "QT_CONFIG": msgspec.json.encode(plan.trading).decode(),
        "QT_QUEUE_URLS": json.dumps(dict(made.queue_urls)),
        "QT_LOCAL_BUS_QUEUES": json.dumps(dict(made.bus_queue_urls)),
        "QT_EVENT_BUS": resources.EVENT_BUS,
        "QT_ALERT_TOPIC_ARN": made.alert_topic_arn,
        "QT_BUCKET": resources.BUCKET,
        "QT_REDIS_URL": valkey_url,
        "QT_DATABASE_SECRET_ID": resources.DATABASE_SECRET,
        "QT_BROKER_SECRET_ID": resources.BROKER_SECRET,
        "QT_FEED_SECRET_ID": resources.FEED_SECRET,
        "QT_BROKER_URL": endpoints.broker,
        "QT_BROKER_STREAM_URL": endpoints.broker_stream,
        "QT_FEED_URL": endpoints.feed,
        "QT_FEED_REST_URL": endpoints.feed_rest,
        "QT_CODE_VERSION": code_version(),
        "QT_SOCKET_URL": f"http://127.0.0.1:{plan.port}/live",
        "QT_HEALTH_PORT": str(health_port),
        "QT_SOURCE": plan.source,
        "QT_SPEED": plan.pace,
        "QT_FEED_STALL_AFTER_S": f"{_stall_after_s(plan):g}",
        "POWERTOOLS_SERVICE_NAME": "quantterminal",
        "POWERTOOLS_METRICS_NAMESPACE": "QuantTerminal",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    if clock_file is not None:
        environment["QT_CLOCK_FILE"] = str(clock_file)
    return environment


def code_version() -> str:
    """The commit of the checkout this code runs from, `unversioned` outside of one."""
    command = ["git", "-C", str(_HERE.parent), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unversioned"
    return found.stdout.strip() or "unversioned"


def _stall_after_s(plan: RunPlan) -> float:
    """A replay may be silent for five minutes of the market; a stepped one for as long as it is
    not stepped.
    """
    if plan.is_stepped:
        return 0.0
    return 5.0 if not plan.is_local_market else max(5.0, 400.0 / plan.speed)


def _source_roots() -> list[str]:
    """Where `local` and its neighbours are, `ingest_container`, and the user's own strategies."""
    roots = [str(_HERE.parents[1])]
    container = importlib.util.find_spec("ingest_container")
    if container is not None and container.origin is not None:
        roots.append(str(Path(container.origin).resolve().parents[1]))
    return [*roots, str(Path.cwd())]
