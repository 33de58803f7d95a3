"""What a cold start loads: each handler with its whole runtime, in a process of its own."""

import json
import subprocess
import sys
from typing import Any

import pytest

from infra_cdk.building import ROOT
from infra_cdk.deployment import read_deployment
from quantterminal import topology

LATENCY_PATH = [each.name for each in topology.FUNCTIONS if each.on_latency_path]
NEVER = {
    "aiohttp",
    "alpaca",
    "apprise",
    "aws_cdk",
    "exchange_calendars",
    "fastapi",
    "httpx",
    "jinja2",
    "massive",
    "matplotlib",
    "numpy",
    "pandas",
    "picows",
    "pyarrow",
    "pydantic",
    "pydantic_core",
    "quantstats",
    "requests",
    "rich",
    "scipy",
    "sklearn",
    "typer",
    "websockets",
    "aws_xray_sdk",
}
# The alternative that every such system pays: libraries alone, without a line of ours.
LIBRARIES = """
import time
begun = time.process_time()
import aws_lambda_powertools.metrics, aws_lambda_powertools.utilities.batch, psycopg, redis, boto3
from aws_lambda_powertools.utilities.data_classes import SQSEvent
boto3.client("sqs"); boto3.client("events"); boto3.client("secretsmanager")
print(time.process_time() - begun)
"""
OURS = """
import json, sys, time
begun = time.process_time()
import handlers.{name}
from quantterminal import bootstrap
from quantterminal.bootstrap.parts import Parts
Parts.secret = lambda self, variable: dict.fromkeys(
    ("key_id", "secret_key", "api_key", "username", "password", "host", "port", "dbname"), "x"
)
bootstrap.{runtime}()
bootstrap.edge("{name}")
loaded = sorted({{module.split(".")[0] for module in sys.modules}})
print(json.dumps([time.process_time() - begun, loaded]))
"""
MOST_TIMES = 1.6
TRIES = 3


def run(code: str) -> Any:
    environment = {
        "PATH": "",
        "PYTHONPATH": str(ROOT / "functions"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "QT_CONFIG": read_deployment({}).trading_json,
        "QT_QUEUE_URLS": json.dumps({each.name: "https://q" for each in topology.QUEUES}),
        "QT_REDIS_URL": "rediss://cache:6379/0",
        "QT_EVENT_BUS": "bus",
        "QT_BROKER_URL": "https://broker",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def code_of(name: str) -> str:
    runtime = "updates_runtime" if name == "order_updates" else f"{name}_runtime"
    return OURS.format(name=name, runtime=runtime)


@pytest.mark.parametrize("name", LATENCY_PATH)
def test_the_latency_path_loads_nothing_heavy(name: str) -> None:
    _, loaded = run(code_of(name))
    assert set(loaded) & NEVER == set()


@pytest.mark.parametrize("name", LATENCY_PATH)
def test_a_cold_start_costs_little_more_than_its_libraries(name: str) -> None:
    """The fastest of a few, taken in turn, in processor time: a busy machine slows both alike."""
    code = code_of(name)
    both = [(run(code)[0], run(LIBRARIES)) for _ in range(TRIES)]
    ours, libraries = (min(each) for each in zip(*both, strict=True))
    assert ours <= MOST_TIMES * libraries, f"{ours:.3f} s against {libraries:.3f} s"
