"""The market as a process: how it starts, how it is driven, how it ends."""

import gzip
import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.market_process import MarketProcess, market, start, until

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "lean" / "minute" / "trade"
HEADER = "symbol,ts_ms,open,high,low,close,volume\n"
OPEN = 1_381_152_600_000  # 2013-10-07 13:30 UTC


def failed(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors


def recording(folder: Path) -> Path:
    path = folder / "bars.csv"
    rows = "".join(f"IBM,{OPEN + m * 60_000},10,11,9,10.5,400\n" for m in (0, 1, 20))
    path.write_text(HEADER + rows)
    return path


def test_a_market_says_its_ports_and_ends_on_sigterm(tmp_path: Path) -> None:
    with market(tmp_path) as running:
        state = running.state()
        assert running.stop() == 0

    assert state["now"] == "2024-03-04T14:29:00Z"
    assert (state["source"], state["bars_total"], state["ended"]) == ("synthetic", 780, False)


def test_steps_walk_through_a_recording_and_end(tmp_path: Path) -> None:
    with market(tmp_path, bars=[str(recording(tmp_path))]) as running:
        before = running.state()
        steps = [running.step() for _ in range(23)]
        after = running.state()

    assert before["now"] == "2013-10-07T13:29:00Z"
    assert [step["kind"] for step in steps] == [
        *(["price"] * 4 + ["minute", "settle"]) * 2,
        "idle",
        *["price"] * 4,
        "minute",
        "settle",
        "idle",
        "idle",
        "end",
        "end",
    ]
    assert steps[4] == {
        "now": "2013-10-07T13:31:00.050000Z",
        "kind": "minute",
        "minute": "2013-10-07T13:30:00Z",
        "events": 1,
        "sent": 0,
        "updates": 0,
    }
    assert [step["now"] for step in steps if step["kind"] == "idle"] == [
        "2013-10-07T13:49:00Z",
        "2013-10-07T20:00:00Z",
        "2013-10-07T20:30:00Z",
    ]
    assert after["ended"]
    assert after["bars_total"] == after["bars_in_session"] == after["bars_played"] == 3


def test_recorded_minutes_of_the_market_are_all_played(tmp_path: Path) -> None:
    path = DATA / "IBM_20131007.csv.gz"
    if not path.exists():
        pytest.skip("the recorded bars are not on this machine")
    with market(tmp_path, bars=[str(path)]) as running:
        running.step_to("end")
        state = running.state()

    rows = gzip.decompress(path.read_bytes()).decode().strip().splitlines()[1:]
    assert state["bars_total"] == state["bars_played"] == len(rows)
    assert state["bars_in_session"] == 390


def test_the_same_orders_give_the_same_account_in_every_run(tmp_path: Path) -> None:
    def run() -> dict[str, Any]:
        with market(tmp_path) as running:
            running.step_to("minute", times=3)
            trade(running, "buy", "order-1")
            running.step_to("minute", times=5)
            trade(running, "sell", "order-2")
            running.step_to("minute", times=2)
            return running.state()

    first, second = run(), run()

    assert first == second
    assert first["broker"]["orders"] == [
        ["order-1", "filled", "100"],
        ["order-2", "filled", "100"],
    ]
    assert first["broker"]["cash"] != "100000"


def trade(running: MarketProcess, side: str, name: str) -> None:
    from urllib.request import Request, urlopen

    body = {"symbol": "AAA", "side": side, "type": "market", "qty": 100, "time_in_force": "day"}
    request = Request(
        f"http://{running.broker}/v2/orders",
        data=json.dumps({**body, "client_order_id": name}).encode(),
        headers={"APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret"},
    )
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        assert answer.status == 200


def test_a_running_market_plays_by_itself_and_can_be_held(tmp_path: Path) -> None:
    with market(tmp_path, speed=600, paused=True) as running:
        assert running.state()["now"] == "2024-03-04T14:29:00Z"
        assert running.call("POST", "/step")[0] == 409

        assert running.call("POST", "/resume")[0] == 200
        until(lambda: running.state()["bars_played"] >= 4, "two minutes")
        assert running.call("POST", "/pause")[0] == 200
        held = running.state()
        assert running.state()["now"] == held["now"] > "2024-03-04T14:32:00"

        running.call("POST", "/resume")
        until(lambda: running.state()["bars_played"] > held["bars_played"], "another minute")


def test_a_fast_market_plays_to_its_end_over_every_gap(tmp_path: Path) -> None:
    with market(tmp_path, bars=[str(recording(tmp_path))], speed=6_000) as running:
        until(lambda: running.state()["ended"], "the end")
        state = running.state()

    assert state["now"] >= "2013-10-07T20:30:00"
    assert state["bars_played"] == 3


def test_faults_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with market(tmp_path) as running:
        assert running.call("POST", "/fault", {"kind": "earthquake"})[0] == 400
        assert running.call("POST", "/fault", {"kind": "http_429", "count": 0})[0] == 400
        assert running.call("POST", "/fault", [])[0] == 400
        assert running.call("POST", "/pause")[0] == 409


def test_a_malformed_bar_file_stops_it_before_anything_listens(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + f"IBM,{OPEN},10,11,9,ten,400\n")

    code, errors = failed(start(tmp_path, bars=[str(path)]))

    assert code == 2
    assert errors == (
        f"local market: {path}, line 2: expected a number in column close, was 'ten'\n"
    )


def test_a_busy_port_and_a_wrong_setting_end_with_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = failed(start(tmp_path, control_port=port))
    assert code == 2
    assert errors.count("\n") == 1
    assert f"{port}" in errors
    assert "address already in use" in errors

    code, errors = failed(start(tmp_path, speed="warp", colour="red"))
    assert code == 2
    assert errors.startswith("local market: speed: expected a number above 0")
    assert "colour: is not a setting" in errors
