"""The built page in a real browser, against a small server that speaks its contract."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from quantterminal.adapters.html.report_page import render_report
from quantterminal.domain import view
from quantterminal.domain.report import Backtest, FeedGap
from quantterminal.services.report import day_report
from tests.browser import NONE_TO_BE_HAD, chromium
from tests.e2e.page_server import DIST, HOSTILE, START, PageServer, order
from tests.unit.quantterminal.services.sample_day import OPEN, RECORDS, TRADING, WINDOW

# A busy machine is no fault of the page.
expect.set_options(timeout=20_000)
AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = pytest.mark.skipif(
    not (DIST / "index.html").exists(), reason="the page is not built: make web"
)


@pytest.fixture
def server() -> Iterator[PageServer]:
    server = PageServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip(NONE_TO_BE_HAD)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: PageServer) -> Iterator[Page]:
    """The page as a person opens it. It may neither raise nor breach the security policy."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(server.url)
    expect(page.get_by_test_id("connection")).to_contain_text("LIVE")
    yield page
    context.close()
    away = re.compile(r"WebSocket connection to|Failed to load resource")
    assert [fault for fault in faults if not away.search(fault)] == []


def wait_for(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        page.wait_for_timeout(50)
    pytest.fail("Expected the condition to become true within 20 s")


def test_equity_and_pnl_move_with_each_tick(page: Page, server: PageServer) -> None:
    expect(page.get_by_test_id("mode")).to_have_text("SIMULATED")
    expect(page.get_by_test_id("clock")).to_have_text("10:31:04")
    expect(page.get_by_test_id("equity")).to_have_text("100,000.00")
    server.tick(equity="100123.456", day_pnl="123.456", day_pnl_fraction="0.00123456")
    expect(page.get_by_test_id("equity")).to_have_text("100,123.46")
    expect(page.get_by_test_id("day-pnl")).to_have_text("+123.46")
    expect(page.get_by_test_id("day-pnl-note")).to_have_text("+0.12%")
    expect(page.get_by_test_id("clock")).to_have_text("10:31:05")
    server.tick(equity="99876.54", day_pnl="-123.46", day_pnl_fraction="-0.0012346")
    expect(page.get_by_test_id("day-pnl")).to_have_text("\u2212123.46")
    expect(page.locator("[role=img] canvas").first).to_be_visible()


def test_the_reason_of_a_denied_order_is_shown(page: Page) -> None:
    denied = page.locator("[data-order=qt1-momentum-2]")
    expect(denied).to_contain_text("POSITION_LIMIT")
    expect(denied).to_contain_text("Expected <= 10 %")


def test_hostile_text_stays_text(page: Page, server: PageServer) -> None:
    endless = HOSTILE + "A" * 500
    row = order(0, symbol=HOSTILE, reason=endless, status=HOSTILE, strategy=endless)
    server.tick(
        orders=(row,),
        strategies=(view.StrategyRow(HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE),),
        alerts=(view.AlertRow(START, HOSTILE, endless, 1),),
        limits=(view.LimitRow(HOSTILE, HOSTILE, endless, HOSTILE, endless, HOSTILE),),
        quotes=(view.QuoteRow(HOSTILE, HOSTILE, HOSTILE, START),),
        positions=(
            view.PositionRow(HOSTILE, "1", HOSTILE, HOSTILE, "1", "1", "1", HOSTILE, (HOSTILE,)),
        ),
        source=endless,
        halt_level=HOSTILE,
        halts=(view.HaltRow(HOSTILE, HOSTILE, HOSTILE, endless, START),),
    )
    shown = page.locator("[data-order=qt1-momentum-0]")
    expect(shown).to_contain_text(HOSTILE)
    expect(page.get_by_role("region", name="Events")).to_contain_text(HOSTILE)
    expect(page.get_by_role("region", name="Positions")).to_contain_text(HOSTILE)
    expect(page.locator("b")).to_have_count(0)
    expect(page.locator("img")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert "owned" not in page.title()


def test_only_report_links_of_this_server_are_links(page: Page) -> None:
    reports = page.get_by_role("region", name="Reports")
    link = reports.get_by_role("link")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "/api/reports/2013-10-04.html")


def test_a_gap_fetches_the_whole_picture(page: Page, server: PageServer) -> None:
    server.tick(equity="100001.00")
    expect(page.get_by_test_id("equity")).to_have_text("100,001.00")
    before = server.snapshots
    server.dashboard = replace(server.dashboard, cash="70000.00")
    server.tick(skip=3, equity="100002.00")
    expect(page.get_by_test_id("cash")).to_have_text("70,000.00")
    expect(page.get_by_test_id("equity")).to_have_text("100,002.00")
    wait_for(page, lambda: server.snapshots == before + 1)


def test_a_message_that_is_not_understood_is_told_and_not_shown(
    page: Page, server: PageServer
) -> None:
    server.send('{"type": "tick", "sequence": 1, "changes": {"equity": 5}}')
    expect(page.get_by_text("Expected Instant at tick.at, was nothing")).to_be_visible()
    expect(page.get_by_test_id("equity")).to_have_text("100,000.00")
    server.tick(equity="100003.00")
    expect(page.get_by_test_id("equity")).to_have_text("100,003.00")
    expect(page.get_by_text("was not understood")).to_have_count(0)


def test_a_lost_server_is_stale_then_down_and_comes_back(page: Page, server: PageServer) -> None:
    connection = page.get_by_test_id("connection")
    server.stop()
    expect(connection).to_contain_text("STALE")
    expect(page.get_by_text("these figures are from 10:31:04 EDT")).to_be_visible()
    expect(connection).to_contain_text("DOWN", timeout=20_000)
    expect(page.get_by_test_id("equity")).to_have_text("100,000.00")
    server.dashboard = replace(server.dashboard, equity="100777.00")
    server.start()
    expect(connection).to_contain_text("LIVE", timeout=20_000)
    expect(page.get_by_test_id("equity")).to_have_text("100,777.00")


def test_pause_is_sent_once_and_acknowledged(page: Page, server: PageServer) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_test_id("acknowledgement")).to_contain_text(f"Pause: halt {HOSTILE}")
    [(verb, body, key)] = server.commands
    assert (verb, body) == ("halt", {"reason": "Paused from the dashboard"})
    assert re.fullmatch(r"[0-9a-f]{32}", key)
    halted = view.HaltRow("account", "REDUCE_ONLY", "OPERATOR", "Paused", START)
    server.tick(halt_level="REDUCE_ONLY", halts=(halted,))
    expect(page.get_by_test_id("halt-level")).to_contain_text("REDUCE ONLY")


def test_resume_asks_for_a_reason(page: Page, server: PageServer) -> None:
    page.get_by_role("button", name="Resume…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Resume trading")).to_be_disabled()
    dialog.get_by_role("textbox").fill("  feed is back? yes ")
    dialog.get_by_role("button", name="Resume trading").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_test_id("acknowledgement")).to_contain_text("Resume: resume")
    assert [command[:2] for command in server.commands] == [
        ("resume", {"reason": "feed is back? yes"})
    ]


def test_resume_asks_what_may_trade_again(page: Page, server: PageServer) -> None:
    halts = [
        view.HaltRow(scope, "REDUCE_ONLY", "RECONCILE", "odd", START)
        for scope in ("symbol:SPY", "account")
    ]
    server.tick(halts=tuple(halts), halt_level="REDUCE_ONLY")
    page.get_by_role("button", name="Resume…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox")).to_have_value("account")
    dialog.get_by_role("combobox").select_option("symbol:SPY")
    dialog.get_by_role("textbox").fill("counted by hand")
    dialog.get_by_role("button", name="Resume trading").click()
    expect(page.get_by_test_id("effect")).to_contain_text("symbol:SPY is REDUCE ONLY")
    server.tick(halts=(halts[1],))
    expect(page.get_by_test_id("effect")).to_contain_text("symbol:SPY is ACTIVE")
    assert [command[:2] for command in server.commands] == [
        ("resume", {"reason": "counted by hand", "scope": "symbol:SPY"})
    ]


def test_flatten_is_sent_once_and_only_when_held(page: Page, server: PageServer) -> None:
    button = page.get_by_role("button", name="Hold to flatten")
    button.click()
    button.click(delay=200)
    button.press("Enter")
    holding = page.get_by_role("button", name="Keep holding…")
    expect(holding).to_have_count(0)
    assert server.commands == []
    button.hover()
    page.mouse.down()
    expect(holding).to_be_visible()
    expect(page.get_by_test_id("acknowledgement")).to_contain_text("Flatten: flatten")
    page.mouse.up()
    assert [command[:2] for command in server.commands] == [
        ("flatten", {"reason": "Flattened from the dashboard"})
    ]


def test_an_outage_loses_no_row(page: Page, server: PageServer) -> None:
    server.stop()
    expect(page.get_by_test_id("connection")).to_contain_text("STALE")
    rows = tuple(order(number) for number in range(-3, 3))
    server.dashboard = replace(server.dashboard, orders=rows)
    server.start()
    expect(page.get_by_test_id("connection")).to_contain_text("LIVE", timeout=20_000)
    expect(page.locator("[data-order]")).to_have_count(len(rows))


def test_one_order_is_cancelled_with_a_reason(page: Page, server: PageServer) -> None:
    server.tick(orders=(order(1, status="new", filled_quantity="0"),))
    page.get_by_role("button", name="Cancel the buy order of IBM…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_test_id("effect")).to_contain_text("the order is new")
    server.tick(orders=(order(1, status="canceled", filled_quantity="0"),))
    expect(page.get_by_test_id("effect")).to_contain_text("the order is canceled")
    assert [command[:2] for command in server.commands] == [
        ("cancel", {"reason": "Cancelled from the dashboard", "order": "qt1-momentum-1"})
    ]


def test_all_orders_are_cancelled_after_a_question(page: Page, server: PageServer) -> None:
    page.get_by_role("button", name="Cancel all…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("too fast")
    dialog.get_by_role("button", name="Cancel all orders").click()
    expect(page.get_by_test_id("effect")).to_contain_text("no order works")
    assert [command[:2] for command in server.commands] == [("cancel-all", {"reason": "too fast"})]


@pytest.mark.parametrize(("shares", "sent"), [("120", {}), ("20", {"quantity": 20})])
def test_a_position_is_closed_wholly_or_in_part(
    page: Page, server: PageServer, shares: str, sent: dict[str, int]
) -> None:
    page.get_by_role("button", name="Close IBM…").click()
    dialog = page.get_by_role("dialog")
    closing = dialog.get_by_role("button", name="Close the position")
    for wrong in ("0", "121", "1.5", ""):
        dialog.get_by_role("spinbutton").fill(wrong)
        expect(closing).to_be_disabled()
    dialog.get_by_role("spinbutton").fill(shares)
    closing.click()
    expect(page.get_by_test_id("acknowledgement")).to_contain_text("Close: close")
    body = {"reason": "Closed from the dashboard", "symbol": "IBM"} | sent
    assert [command[:2] for command in server.commands] == [("close", body)]


def test_who_may_only_look_cannot_press(page: Page, server: PageServer) -> None:
    server.visitor = view.Visitor("bob", may_operate=False)
    page.reload()
    for name in ("Pause", "Resume…", "Cancel all…", "Hold to flatten", "Close IBM…"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    expect(page.get_by_text("Looking only")).to_be_visible()


def test_orders_are_filtered_sorted_and_exported(page: Page, server: PageServer) -> None:
    costs = {"slippage_bps": "4.20", "filled_at": START}
    server.tick(orders=(order(1, **costs), order(2, symbol="SPY", status="POSITION_LIMIT")))
    rows = page.locator("[data-order]")
    page.get_by_label("Filter orders").fill("spy")
    expect(rows).to_have_count(1)
    page.get_by_label("Filter orders").fill("")
    page.get_by_label("Kind of orders").select_option("filled")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("+4.2")
    page.get_by_label("Kind of orders").select_option("all")
    symbols = page.get_by_role("table", name="Orders").get_by_role("columnheader", name="Symbol")
    symbols.get_by_role("button").click()
    expect(symbols).to_have_attribute("aria-sort", "descending")
    expect(rows.first).to_contain_text("SPY")
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    lines = Path(saved.value.path()).read_text().splitlines()
    assert lines[0].startswith("client_order_id,at,strategy,symbol")
    assert len(lines) == 3


def test_the_book_shows_the_best_prices_and_own_orders(page: Page, server: PageServer) -> None:
    server.tick(orders=(order(1, status="new", limit_price="181.10"),))
    book = page.get_by_role("region", name="Book of IBM")
    expect(book).to_contain_text("no level 2")
    expect(book).to_contain_text("181.2400")
    expect(book).to_contain_text("181.10")
    page.get_by_label("Symbol", exact=True).select_option("SPY")
    expect(page.get_by_role("region", name="Book of SPY")).to_contain_text("167.4000")


def test_limits_are_meters_with_their_headroom(page: Page) -> None:
    risk = page.get_by_role("region", name="Risk")
    expect(risk.get_by_role("meter", name="daily loss")).to_have_attribute("aria-valuenow", "20")
    expect(risk).to_contain_text("4% left")


def test_a_weight_is_a_meter_of_its_limit(page: Page, server: PageServer) -> None:
    [row] = server.dashboard.positions
    weights = {"IBM": "0.0217", "SPY": "0.0950", "XYZ": "0.1200"}
    rows = (replace(row, symbol=symbol, weight=weight) for symbol, weight in weights.items())
    server.tick(positions=tuple(rows))
    positions = page.get_by_role("region", name="Positions")
    for symbol, used in (("IBM", "22"), ("SPY", "95"), ("XYZ", "100")):
        meter = positions.get_by_role("meter", name=f"Weight of {symbol}")
        expect(meter).to_have_attribute("aria-valuenow", used)
    expect(positions).to_contain_text("!9.50%")
    expect(positions).to_contain_text("■12.00%")


def test_every_figure_of_a_strategy_is_there_at_any_width(page: Page, server: PageServer) -> None:
    row = replace(
        server.dashboard.strategies[0],
        sharpe="1.85",
        win_rate="0.55",
        max_drawdown="0.0123",
        latency_p99_ms=31.0,
    )
    server.tick(strategies=(row,))
    strategies = page.get_by_role("region", name="Strategies")
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        seen = strategies.inner_text()
        for figure in ("ACTIVE", "buy IBM 10:31:04", "1.85", "55.00%", "1.23%", "31 ms"):
            assert figure in seen, (width, figure)


def test_what_waits_in_the_queues_is_told(page: Page, server: PageServer) -> None:
    health = page.get_by_role("region", name="Health")
    queued = replace(server.dashboard.health, queued=0, queue_age_s=None)
    server.tick(health=queued)
    expect(health).to_contain_text("Queuesempty")
    server.tick(health=replace(queued, queued=7, queue_age_s=95.0))
    expect(health).to_contain_text("7 · 1 m 35 s")


def test_starts_deploys_halts_and_the_backtest_stand_on_the_curve(
    page: Page, server: PageServer
) -> None:
    chart = page.get_by_role("region", name="Equity")
    expect(chart).not_to_contain_text("backtest")
    minutes = [START + timedelta(minutes=n) for n in range(30)]
    server.curve = tuple(view.EquityPoint(at, f"{100_000 + n}.00") for n, at in enumerate(minutes))
    server.backtest = tuple(
        view.EquityPoint(at, f"{100_000 + 2 * n}.00") for n, at in enumerate(minutes)
    )
    server.markers = (
        view.Marker(START - timedelta(hours=2), "start", "container 0123456789"),
        view.Marker(minutes[10], "deploy", "deploy 89abcdef01"),
        view.Marker(minutes[20], "halt", "account HALTED OPERATOR lunch"),
    )
    page.reload()
    expect(chart.get_by_test_id("backtest")).to_be_visible()
    page.get_by_role("button", name="Week").click()
    expect(chart.get_by_test_id("backtest")).to_be_visible()
    expect(chart.locator("canvas").first).to_be_visible()


def test_the_range_of_the_curve_is_asked_for(page: Page, server: PageServer) -> None:
    with page.expect_response("**/api/curve/month"):
        page.get_by_role("button", name="Month").click()
    expect(page.get_by_role("button", name="Month")).to_have_attribute("aria-pressed", "true")
    server.tick(equity="100001.00")
    expect(page.get_by_role("img", name="Equity over the month")).to_be_visible()


def test_no_single_key_trades(page: Page, server: PageServer) -> None:
    server.tick(orders=(order(1, status="new"),))
    for key in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789?/.,;' ":
        page.keyboard.press(key)
        page.keyboard.press("Escape")
    assert server.commands == []


def test_keys_lead_to_panels_rows_and_buttons(page: Page, server: PageServer) -> None:
    server.tick(orders=(order(1, status="new"), order(2)))
    page.keyboard.press("4")
    page.keyboard.press("j")
    expect(page.locator("[data-order=qt1-momentum-1]")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("dialog")).to_contain_text("Cancel buy")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Shift+F")
    expect(page.get_by_role("button", name="Hold to flatten")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("spy")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Book of SPY")).to_be_visible()
    assert server.commands == []


def test_the_other_palette_is_remembered(page: Page) -> None:
    page.keyboard.press("c")
    colours = page.locator("html")
    expect(colours).to_have_attribute("data-palette", "colour-blind")
    page.reload()
    expect(colours).to_have_attribute("data-palette", "colour-blind")
    stored = page.evaluate("Object.entries(localStorage)")
    assert stored == [["quantterminal.palette", "colour-blind"]]


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong, a line each."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("palette", ["standard", "colour-blind"])
def test_nothing_keeps_anybody_out(page: Page, server: PageServer, palette: str) -> None:
    if palette == "colour-blind":
        page.keyboard.press("c")
    halt = view.HaltRow("account", "HALTED", "DRAWDOWN", "15 % below", START)
    rows = [order(n, status=status) for n, status in enumerate(("new", "canceled", "unknown", "X"))]
    server.tick(
        halts=(halt,),
        halt_level="HALTED",
        orders=tuple(rows),
        day_pnl="-5.00",
        alerts=(view.AlertRow(START, "halt", "account", 1),),
    )
    expect(page.get_by_test_id("halt-level")).to_contain_text("HALTED")
    assert axe(page) == []
    page.keyboard.press("?")
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Close IBM…").click()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    server.stop()
    expect(page.get_by_test_id("connection")).to_contain_text("DOWN", timeout=20_000)
    assert axe(page) == []


@pytest.mark.parametrize("palette", ["standard", "colour-blind"])
def test_the_waiting_page_keeps_nobody_out_either(
    browser: Browser, server: PageServer, palette: str
) -> None:
    page = browser.new_page()
    page.route("**/api/dashboard", lambda route: route.abort())
    page.route_web_socket("**/live", lambda socket: socket.close())
    page.goto(server.url)
    expect(page.get_by_test_id("connection")).to_be_visible()
    page.evaluate(f"document.documentElement.dataset.palette = '{palette}'")
    assert axe(page) == []
    page.close()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_a_report_keeps_nobody_out(browser: Browser, size: tuple[int, int]) -> None:
    report = day_report(RECORDS, WINDOW, trading=TRADING, code_version="abc123", complete=False)
    gap = FeedGap(OPEN, OPEN + timedelta(seconds=95), "1008", 12, 3_456)
    tested = Backtest(3, "next open", 2, Decimal("75.00"), report.curve)
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_content(render_report(replace(report, gaps=(gap,), backtest=tested)))
    expect(page.get_by_role("img", name="Equity of the account")).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.close()


class FakeSignIn:
    """Cognito's two addresses, as far as the page speaks to them."""

    HOST = "sign-in.example"

    def __init__(self, home: str) -> None:
        self.home = home
        self.challenges: list[str] = []
        self.verifiers: list[str] = []

    def answer(self, route: Route) -> None:
        url = route.request.url
        if "/oauth2/authorize" in url:
            query = dict(re.findall(r"([a-z_]+)=([^&]*)", url.partition("?")[2]))
            self.challenges.append(query["code_challenge"])
            back = f"{self.home}?code=the-code&state={query['state']}"
            route.fulfill(status=302, headers={"location": back})
            return
        body = route.request.post_data or ""
        self.verifiers.append(dict(re.findall(r"([a-z_]+)=([^&]*)", body))["code_verifier"])
        route.fulfill(
            json={"access_token": "the-token", "refresh_token": "r", "expires_in": 900},
            headers={"access-control-allow-origin": "*"},
        )


def test_the_cloud_page_signs_in_by_code_with_proof(browser: Browser, server: PageServer) -> None:
    server.sign_in = {"client_id": "page", "host": FakeSignIn.HOST}
    server.policy += f"; connect-src 'self' https://{FakeSignIn.HOST}"
    fake = FakeSignIn(server.url)
    page = browser.new_page()
    page.route(f"https://{FakeSignIn.HOST}/**", fake.answer)

    page.goto(server.url)

    expect(page.get_by_test_id("connection")).to_contain_text("LIVE")
    assert page.url == server.url
    assert len(fake.challenges) == len(fake.verifiers) == 1
    assert server.authorizations == {"Bearer the-token"}
    assert server.tickets == ["ticket-0"]
    server.end_sockets()
    wait_for(page, lambda: server.tickets == ["ticket-0", "ticket-1"])
    server.tick(equity="100123.00")
    expect(page.get_by_test_id("equity")).to_have_text("100,123.00")
    stores = "[{...localStorage}, {...sessionStorage}, document.cookie]"
    kept = page.evaluate(f"JSON.stringify({stores})")
    assert "the-token" not in kept
    assert "verifier" not in kept
    page.close()


def test_the_question_mark_opens_and_closes_help(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Help")).to_be_hidden()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (390, 844)])
def test_the_page_never_scrolls_sideways(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.get_by_role("button", name="Pause")).to_be_in_viewport()
    expect(page.get_by_test_id("mode")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
