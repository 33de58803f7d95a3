from dataclasses import replace

import pytest

from local.plan import Keys, RunPlan
from local.processes.local_aws import LocalAwsAddress
from local.resources import Resources
from local.surroundings import PAPER_ENDPOINTS, local_endpoints, run_environment
from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.settings import VARIABLES, read_settings

PLAN = RunPlan(
    trading=TradingConfig(
        account="main",
        mode=Mode.SIMULATED,
        symbols=("IBM",),
        strategies=(StrategyConfig("momentum", "momentum"),),
    ),
    speed=60.0,
)
MADE = Resources({"bars": "http://bars"}, {"notify": "http://bus"}, "arn:topic", "http://alerts")


def environment(plan: RunPlan) -> dict[str, str]:
    return run_environment(
        plan,
        aws=LocalAwsAddress(4566),
        made=MADE,
        endpoints=local_endpoints(broker_port=1, feed_port=2),
        valkey_url="redis://127.0.0.1:3/0",
        clock_file=None,
        health_port=4,
    )


def test_every_variable_of_the_settings_is_there() -> None:
    found = environment(PLAN)

    assert [name for name in VARIABLES if not found.get(name)] == []
    assert read_settings(found, need=tuple(VARIABLES)).trading == PLAN.trading


def test_a_replay_never_takes_its_own_silence_for_a_dead_feed() -> None:
    stepped = environment(replace(PLAN, speed=0.0))
    real_time = environment(replace(PLAN, speed=1.0))
    paper = environment(replace(PLAN, speed=1.0, keys=Keys("a", "b", "c")))

    assert stepped["QT_FEED_STALL_AFTER_S"] == "0"
    assert float(real_time["QT_FEED_STALL_AFTER_S"]) > 300
    assert paper["QT_FEED_STALL_AFTER_S"] == "5"


def test_secrets_of_the_user_stay_out_of_the_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APCA_API_SECRET_KEY", "secret")

    assert not {name for name in environment(PLAN) if name.startswith(("APCA", "POLYGON"))}


def test_only_the_paper_host_can_be_reached() -> None:
    assert "paper-api" in PAPER_ENDPOINTS.broker
    assert "paper-api" in PAPER_ENDPOINTS.broker_stream
