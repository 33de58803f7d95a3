"""The table of what the vendor does names tests that exist, and leaves nothing out."""

import re

import pytest

from tests.project_files import ROOT

UNIT = ROOT / "tests" / "unit"
SERVICES, ADAPTERS = (UNIT / "quantterminal" / name for name in ("services", "adapters"))
FOLDER = ROOT / "tests" / "contract"
FILES = {
    "session": ADAPTERS / "polygon" / "test_session.py",
    "codec": ADAPTERS / "polygon" / "test_codec.py",
    "desk": ADAPTERS / "ingest" / "test_desk.py",
    "door": SERVICES / "test_bar_door.py",
    "prints": SERVICES / "test_bars_from_trades.py",
    "conditions": UNIT / "quantterminal" / "domain" / "test_trade_conditions.py",
    "files": UNIT / "local" / "market" / "test_bar_files.py",
    "situations": FOLDER / "test_feed_situations.py",
    "wire": FOLDER / "test_feed_wire.py",
    "rest": FOLDER / "test_polygon_client.py",
    "container": FOLDER / "test_ingest_container.py",
    "server": FOLDER / "test_feed_server.py",
}
_ROW = re.compile(r"^\| (.+?) \| (-|\w+ `\w+`) \| (-|\w+ `\w+`) \|$", re.MULTILINE)
ROWS = _ROW.findall((FOLDER / "README.md").read_text())
PROTOCOLS = ROOT.parent / "shared" / "PROTOCOLS.md"
# a word of each row of the vendor's table of situations -> the beginning of ours
SITUATIONS = {
    "bad key": "bad key",
    "plan has no WS": "plan has no WS",
    "no auth sent": "no auth sent",
    "channel not in plan": "channel not in plan",
    "unknown ticker": "unknown ticker",
    "unknown channel code": "unknown channel code",
    "over connection limit (1 per cluster)": "over the connection limit",
    "slow consumer / kicked": "slow consumer",
}


@pytest.mark.parametrize(("what", "alone", "wired"), ROWS)
def test_a_row_names_tests_that_exist(what: str, alone: str, wired: str) -> None:
    named = [each for each in (alone, wired) if each != "-"]

    assert named, what
    for each in named:
        file, test = each.rstrip("`").split(" `")
        assert f"def test_{test}(" in FILES[file].read_text(), each


def test_every_line_of_the_table_is_a_row() -> None:
    lines = re.findall(r"^\| .* \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)

    assert len(ROWS) == len(lines) - 1  # but for its head


def test_every_row_is_through_a_socket_or_says_why_not() -> None:
    without = [what for what, _, wired in ROWS if wired == "-"]

    assert [each.split(" ")[0] for each in without] == ["Form", "flat"]


@pytest.mark.skipif(not PROTOCOLS.exists(), reason="the vendor's facts are not part of the project")
def test_every_situation_of_the_vendor_has_its_row() -> None:
    page = PROTOCOLS.read_text()
    table = page[page.index("| situation |") : page.index("Fields:")]
    found = [line.split("|")[1].strip() for line in table.splitlines()[2:] if line]

    assert found == list(SITUATIONS)
    for beginning in SITUATIONS.values():
        assert any(what.startswith(beginning) for what, _, _ in ROWS), beginning
