"""The templates of two deployments, each made once: the default one, and the most different one."""

import pytest

from tests.infra.synthesized import Assembly, synthesized

LIVE = """
mode = "LIVE"
live_confirmation = "I understand that this trades real money"
symbols = ["AAPL", "SPY"]

[broker]
account_number = "123456789"

[deployment]
stage = "live"
session_profile = "always"
valkey = "node"
nat = "gateway"
alert_email = "somebody@example.com"
trade_log_lock = "compliance"
"""


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return synthesized(tmp_path_factory.mktemp("paper"), {})


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    folder = tmp_path_factory.mktemp("live")
    (folder / "live.toml").write_text(LIVE)
    (folder / "page").mkdir()
    (folder / "page" / "index.html").write_text("<!doctype html>")
    return synthesized(folder, {"config": str(folder / "live.toml"), "page": str(folder / "page")})
