"""A busy account for the page: what a tick costs the browser, and whether its memory stays flat.

`python -m tests.e2e.page_load` prints the budget of the built page: JavaScript, time to the first
data, share of a core while it ticks, and the heap over ten simulated hours of ticks.
"""

import argparse
import gzip
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from quantterminal.domain import view
from tests.browser import NONE_TO_BE_HAD, chromium
from tests.e2e.page_server import DIST, PageServer, order

POSITIONS, ORDERS = 50, 2_000
HOUR_S = 3_600
_MARK_FIRST_DATA = """
new MutationObserver((_, observer) => {
  if (document.querySelector('[data-testid="equity"]') === null) return;
  window.firstDataMs = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""


@dataclass(frozen=True, slots=True)
class Heap:
    """Bytes in use after a collection, `at` simulated seconds after the start."""

    at: int
    used: int


def javascript_bytes() -> int:
    """All scripts of the built page, gzipped."""
    return sum(len(gzip.compress(each.read_bytes())) for each in DIST.glob("assets/*.js"))


class BusyAccount:
    """Fifty positions that move each second, and two thousand orders of which one changes."""

    def __init__(self, server: PageServer) -> None:
        self._server = server
        self._second = 0
        statuses = ("filled", "canceled", "POSITION_LIMIT", "filled", "filled")
        server.dashboard = replace(
            server.dashboard,
            positions=tuple(self._positions()),
            quotes=tuple(self._quotes()),
            orders=tuple(
                order(n, symbol=_symbol(n % POSITIONS), status=statuses[n % len(statuses)])
                for n in range(ORDERS)
            ),
        )

    def tick(self) -> None:
        self._second += 1
        second, server = self._second, self._server
        changed: dict[str, Any] = {
            "equity": f"{100_000 + second % 977 / 10:.2f}",
            "day_pnl": f"{second % 977 / 10 - 40:.2f}",
            "positions": tuple(self._positions()),
            "quotes": tuple(self._quotes()),
            "health": replace(server.dashboard.health, last_bar_age_s=float(second % 60)),
        }
        if second % 5 == 0:
            changed["orders"] = self._orders()
        server.tick(**changed)

    def _orders(self) -> tuple[view.OrderRow, ...]:
        """A new order, the one before it filled, the oldest one gone."""
        last, *rest = self._server.dashboard.orders
        at = self._server.dashboard.at
        new = replace(
            order(0, status="new", symbol=_symbol(self._second % POSITIONS)),
            client_order_id=f"qt1-load-{self._second}",
            at=at,
        )
        filled = replace(last, status="filled", filled_at=at, slippage_bps="1.20")
        return (new, filled, *rest[:-1])

    def _positions(self) -> Iterator[view.PositionRow]:
        [like] = self._server.dashboard.positions[:1]
        for number in range(POSITIONS):
            price = 100 + (self._second * 7 + number) % 50 / 10
            yield replace(
                like,
                symbol=_symbol(number),
                last=f"{price:.4f}",
                unrealized_pnl=f"{price - 102:.2f}",
            )

    def _quotes(self) -> Iterator[view.QuoteRow]:
        for number in range(POSITIONS):
            bid = 100 + (self._second * 7 + number) % 50 / 10
            at = self._server.dashboard.at
            yield view.QuoteRow(_symbol(number), f"{bid:.4f}", f"{bid + 0.02:.4f}", at)


def _symbol(number: int) -> str:
    return f"S{number:02}"


class Meter:
    """Looks at one page through the browser's own protocol."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        browser = page.context.browser
        assert browser is not None
        self._browser = browser.new_browser_cdp_session()
        self._session.send("Performance.enable")

    def first_data_ms(self) -> float:
        expect(self._page.get_by_test_id("equity")).to_be_visible()
        return float(self._page.evaluate("window.firstDataMs"))

    def cpu_s(self) -> float:
        """Processor seconds that the pages' processes have used; others' load does not count."""
        found = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return float(sum(each["cpuTime"] for each in found if each["type"] == "renderer"))

    def heap_bytes(self) -> int:
        for _ in range(2):
            self._session.send("HeapProfiler.collectGarbage")
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return int(next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize"))

    def wait_until_shown(self, server: PageServer) -> None:
        """Until the page has drawn the newest tick."""
        stamp = server.dashboard.at.isoformat().replace("+00:00", "Z")
        clock = self._page.get_by_test_id("clock")
        expect(clock).to_have_attribute("datetime", stamp, timeout=300_000)


@contextmanager
def loaded_page() -> Iterator[tuple[BusyAccount, PageServer, Page, Meter]]:
    """The busy account in a browser of its own; exits the process where there is none."""
    executable = chromium()
    if executable is None:
        sys.exit(NONE_TO_BE_HAD)
    server = PageServer()
    try:
        account = BusyAccount(server)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.add_init_script(_MARK_FIRST_DATA)
            page.goto(server.url)
            yield account, server, page, Meter(page)
            browser.close()
    finally:
        server.close()


def cpu_share(account: BusyAccount, page: Page, meter: Meter, *, seconds: int) -> float:
    """Of one core, while a tick comes each second."""
    before = meter.cpu_s()
    for _ in range(seconds):
        account.tick()
        page.wait_for_timeout(1_000)
    return (meter.cpu_s() - before) / seconds


def heaps(
    account: BusyAccount, server: PageServer, meter: Meter, *, seconds: int, every: int
) -> Iterator[Heap]:
    """The heap after each `every` of `seconds` simulated seconds, as fast as the page can."""
    for second in range(1, seconds + 1):
        account.tick()
        if second % 20 == 0:
            meter.wait_until_shown(server)
        if second % every == 0:
            yield Heap(second, meter.heap_bytes())


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.e2e.page_load")
    parser.add_argument("--hours", type=int, default=10, help="simulated hours of ticks")
    options = parser.parse_args(arguments)
    say(f"JavaScript      {javascript_bytes() / 1000:8.1f} kB gzipped")
    with loaded_page() as (account, server, page, meter):
        say(f"first data      {meter.first_data_ms():8.0f} ms")
        page.wait_for_timeout(3_000)
        share = cpu_share(account, page, meter, seconds=30)
        say(f"while ticking   {share:8.1%} of one core, {POSITIONS} positions, {ORDERS} orders")
        hours = heaps(account, server, meter, seconds=options.hours * HOUR_S, every=HOUR_S)
        for heap in hours:
            simulated = timedelta(seconds=heap.at)
            say(f"heap after {simulated!s:>8} {heap.used / 1e6:8.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
