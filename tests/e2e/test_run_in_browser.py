"""The default run as a person sees it: a real page on the real pipeline, and its buttons."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import Page, Request, WebSocket, expect, sync_playwright

from local.json_http import JsonClient
from tests.browser import NONE_TO_BE_HAD, chromium
from tests.e2e.qt_process import ROOT, QtRun, qt_run

PAGE_BUILT = ROOT / "web" / "dist" / "index.html"
PATIENCE_MS = 120_000
SPEED = 30  # market seconds in a second

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(chromium() is None, reason=NONE_TO_BE_HAD),
    pytest.mark.skipif(not PAGE_BUILT.exists(), reason="the page is not built: run `make web`"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QtRun]:
    with qt_run(tmp_path_factory.mktemp("run"), "--speed", str(SPEED)) as run:
        run.wait_until_up()
        yield run


class Wire:
    """What came over the live socket: how long fills took to come, in real seconds. And which
    commands the page sent.
    """

    def __init__(self) -> None:
        self.delays: dict[str, float] = {}
        self.commands: list[str] = []

    def note(self, request: Request) -> None:
        if request.method == "POST":
            self.commands.append(request.url.rpartition("/")[2])

    def listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda data: self._hear(json.loads(data)))

    def _hear(self, message: dict[str, Any]) -> None:
        for row in message.get("changes", {}).get("orders", []):
            if row["status"] == "filled":
                seen, filled = map(datetime.fromisoformat, (message["at"], row["filled_at"]))
                delay = (seen - filled).total_seconds() / SPEED
                self.delays.setdefault(row["client_order_id"], delay)


@contextmanager
def market_held(run: QtRun) -> Iterator[None]:
    """No price moves meanwhile, so that what works is not filled under a person's hand."""
    (configuration,) = run.folder.glob("build/runs/*/market.json")
    market = JsonClient(json.loads(configuration.read_text())["control_port"])
    market.post("/pause")
    try:
        yield
    finally:
        market.post("/resume")


def close_a_share(page: Page) -> str:
    """Of the first position, by its button; of which symbol."""
    page.get_by_role("button", name="Close").first.click()
    dialog = page.get_by_role("dialog")
    symbol = dialog.get_by_role("heading").inner_text().removeprefix("Close ")
    dialog.get_by_role("spinbutton").fill("1")
    dialog.get_by_role("button", name="Close the position").click()
    return symbol


def working_shares(run: QtRun) -> list[str]:
    """The orders of a single share that the broker has and may still fill."""
    rows = run.dashboard()["orders"]
    return [
        each["client_order_id"]
        for each in rows
        if (each["quantity"], each["status"]) == ("1", "new")
    ]


@pytest.fixture(scope="module")
def wire() -> Wire:
    return Wire()


@pytest.fixture(scope="module")
def page(run: QtRun, wire: Wire) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.on("websocket", wire.listen)
        page.on("request", wire.note)
        page.goto(f"http://127.0.0.1:{run.port}")
        yield page
        browser.close()


def until(page: Page, condition: Callable[[], bool], what: str) -> None:
    for _ in range(4 * 120):
        if condition():
            return
        page.wait_for_timeout(250)
    pytest.fail(f"Expected within 120 s: {what}")


def open_positions(run: QtRun) -> list[str]:
    rows = run.dashboard()["positions"]
    return [row["symbol"] for row in rows if float(row["quantity"]) != 0]


def test_soon_there_are_bars_orders_fills_and_a_moving_profit(run: QtRun, page: Page) -> None:
    expect(page.get_by_test_id("mode")).to_have_text("SIMULATED")
    expect(page.get_by_test_id("connection")).to_contain_text("LIVE")
    expect(page.locator("[data-order]", has_text="filled").first).to_be_visible(timeout=PATIENCE_MS)
    profits = set()
    for _ in range(10):
        profits.add(page.get_by_test_id("day-pnl").inner_text())
        page.wait_for_timeout(1000)

    assert run.dashboard()["health"]["bars_seen"] > 0
    assert len(profits) >= 5


def test_the_start_of_the_system_stands_beside_the_curve(run: QtRun, page: Page) -> None:
    answer = page.request.get(f"http://127.0.0.1:{run.port}/api/curve/day").json()

    assert [each["kind"] for each in answer["markers"]] == ["start"]
    assert answer["backtest"] == []


def test_the_queues_of_the_run_are_looked_at(page: Page) -> None:
    health = page.get_by_role("region", name="Health")
    expect(health).to_contain_text(re.compile(r"Queues(empty|!?\d+ · \d+ s)"), timeout=60_000)


def test_a_fill_is_seen_within_two_seconds_of_the_brokers(
    run: QtRun, page: Page, wire: Wire
) -> None:
    until(page, lambda: len(wire.delays) >= 3, "three fills on the live socket")

    filled = [row["client_order_id"] for row in run.dashboard()["orders"]]
    newest = next(order for order in filled if order in wire.delays)
    expect(page.locator(f"[data-order='{newest}']")).to_contain_text("filled")
    assert median(wire.delays.values()) <= 2


def test_a_part_of_a_position_is_closed(run: QtRun, page: Page) -> None:
    until(page, lambda: bool(open_positions(run)), "an open position")

    symbol = close_a_share(page)

    told = page.get_by_test_id("acknowledgement")
    expect(told).to_contain_text(f"Close: Closing 1 {symbol}")
    expect(told.get_by_test_id("effect")).to_contain_text("shares held")
    filled = page.locator("[data-order]", has_text=symbol).filter(has_text="1/1")
    expect(filled.first).to_contain_text("filled", timeout=PATIENCE_MS)


def test_one_order_is_cancelled_and_the_page_says_so(run: QtRun, page: Page) -> None:
    until(page, lambda: bool(open_positions(run)), "an open position")

    with market_held(run):  # nothing fills before the next price
        close_a_share(page)
        until(page, lambda: bool(working_shares(run)), "the order at the broker")
        (name,) = working_shares(run)
        row = page.locator(f"[data-order='{name}']")
        row.locator("[data-cancel]").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()

        effects = page.get_by_test_id("effect")  # one a command
        expect(effects.filter(has_text="the order is canceled").first).to_be_visible()
        expect(row).to_contain_text("canceled")


def test_pause_is_said_on_the_page_and_stops_new_entries(run: QtRun, page: Page) -> None:
    until(page, lambda: bool(open_positions(run)), "an open position")

    page.get_by_role("button", name="Pause").click()

    expect(page.get_by_test_id("halt-level")).to_contain_text("REDUCE ONLY", timeout=5000)
    expect(page.get_by_test_id("acknowledgement")).to_contain_text("takes no new entries")
    denied = page.locator("[data-order]", has_text="REDUCE_ONLY")
    expect(denied.first).to_be_visible(timeout=PATIENCE_MS)


def test_flatten_held_closes_every_position(run: QtRun, page: Page, wire: Wire) -> None:
    button = page.get_by_role("button", name="Hold to flatten")

    button.hover()
    page.mouse.down()
    page.wait_for_timeout(2000)
    page.mouse.up()

    until(page, lambda: open_positions(run) == [], "no open position")
    expect(page.get_by_test_id("acknowledgement")).to_contain_text("Flatten:")
    asked = [
        row
        for row in run.dashboard()["alerts"]
        if row["name"] == "operator" and row["text"].startswith("flatten")
    ]
    assert len(asked) == wire.commands.count("flatten") == 1


def test_resume_asks_for_a_reason_and_arms_again(page: Page) -> None:
    page.get_by_role("button", name="Resume…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("checked by hand")
    dialog.get_by_role("button", name="Resume trading").click()

    expect(page.get_by_test_id("halt-level")).to_contain_text("ACTIVE", timeout=5000)


def test_a_killed_server_is_stale_then_down_and_comes_back_with_every_row(
    run: QtRun, page: Page
) -> None:
    connection = page.get_by_test_id("connection")
    os.kill(run.process.pid, signal.SIGSTOP)  # nobody starts it again for now
    try:
        run.kill("local.web_host")
        expect(connection).to_contain_text("STALE")
        expect(connection).to_contain_text("DOWN", timeout=15_000)
        expect(page.get_by_role("alert")).to_contain_text("do not move")
    finally:
        os.kill(run.process.pid, signal.SIGCONT)
    expect(connection).to_contain_text("LIVE", timeout=PATIENCE_MS)

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_test_id("halt-level")).to_contain_text("REDUCE ONLY", timeout=10_000)
    rows = run.dashboard()["orders"]
    expect(page.get_by_role("region", name="Orders")).to_contain_text(f"of {len(rows):,}")


def test_what_was_done_is_in_the_books(run: QtRun) -> None:
    picture = run.dashboard()

    assert picture["halt_level"] == "REDUCE_ONLY"
    asked = [row["text"] for row in picture["alerts"] if row["name"] == "operator"]
    verbs = [text.split()[0] for text in asked]
    assert verbs == ["halt", "resume", "flatten", "halt", "cancel", "close", "close"]
    assert all("actor=local operator" in text for text in asked)
    assert "reason=checked by hand" in asked[1]
