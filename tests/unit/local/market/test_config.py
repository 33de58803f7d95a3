import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local.market.config import ConfigError, load_config, parse_config

LEAST: dict[str, Any] = {
    "clock_file": "/tmp/clock",  # noqa: S108 - never opened here
    "api_key": "k",
    "api_secret": "s",
    "feed_key": "f",
}


def test_what_is_not_said_has_a_default() -> None:
    config = parse_config({**LEAST, "bars": None})

    assert (config.feed_port, config.speed, config.paused) == (0, 1.0, False)
    assert config.starting_cash == Decimal(100_000)
    assert len(config.synthetic.symbols) == 5
    assert config.synthetic.warmup_minutes == 60


@pytest.mark.parametrize(("speed", "limit"), [(1, 200), (60, 1_000_000), ("max", 1_000_000)])
def test_the_rate_limit_is_alpacas_only_where_minutes_are_minutes(speed: Any, limit: int) -> None:
    assert parse_config({**LEAST, "speed": speed}).rate_limit == limit
    assert parse_config({**LEAST, "speed": speed, "rate_limit": 5}).rate_limit == 5


def test_every_problem_is_named_at_once() -> None:
    raw = {
        "feed_port": 70_000,
        "speed": "fast",
        "starting_cash": "-1",
        "bars": "one.csv",
        "colour": "red",
        "synthetic": {"start": "yesterday", "sessions": 0, "sede": 1},
    }

    with pytest.raises(ConfigError) as caught:
        parse_config(raw)

    for name in (
        "feed_port: expected a whole number from 0 to 65535, was 70000",
        "speed: expected a number above 0",
        "starting_cash: expected a number above 0, was '-1'",
        "bars: expected a list of different texts, was 'one.csv'",
        "clock_file: expected a text, was None",
        "api_key",
        "api_secret",
        "feed_key",
        "colour: is not a setting",
        "synthetic.start: expected a date as YYYY-MM-DD, was 'yesterday'",
        "synthetic.sessions",
        "synthetic.sede: is not a setting",
    ):
        assert name in str(caught.value)


def test_an_empty_list_of_files_is_not_the_synthetic_market() -> None:
    with pytest.raises(ConfigError, match="bars: expected a list of different texts"):
        parse_config({**LEAST, "bars": []})
    with pytest.raises(ConfigError, match=r"synthetic\.symbols"):
        parse_config({**LEAST, "synthetic": {"symbols": ["A", "A"]}})


def test_a_file_is_read_and_an_unreadable_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "market.json"
    path.write_text(json.dumps(LEAST))
    assert load_config(path).api_key == "k"

    path.write_text("{")
    with pytest.raises(ConfigError, match=r"Expected a readable JSON file at .*market\.json"):
        load_config(path)
    path.write_text("[]")
    with pytest.raises(ConfigError, match="Expected a JSON object"):
        load_config(path)
