"""Takes the pictures of the documentation: `make screenshots`.

It starts a run of its own and waits for fills; with a URL it looks at a run that is there already.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import NONE_TO_BE_HAD, chromium
from tests.e2e.qt_process import qt_run
from tests.project_files import ROOT

FOLDER = ROOT / "web" / "screenshots"
SIZES = {"desktop": (1600, 1000), "phone": (390, 844), "colour-blind": (1280, 720)}
FILLS_WITHIN_MS = 120_000
FILLS = 8


def take(browser: Browser, url: str, folder: Path) -> None:
    """One picture for each of `SIZES`, once there is something to see."""
    for name, (width, height) in SIZES.items():
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(url)
        expect(page.get_by_test_id("connection")).to_contain_text("LIVE", timeout=30_000)
        if name == "colour-blind":
            page.keyboard.press("c")
        filled = page.locator("[data-order]", has_text="filled")
        expect(filled.nth(FILLS)).to_be_attached(timeout=FILLS_WITHIN_MS)
        page.wait_for_timeout(2_000)  # for the charts' first bars
        page.screenshot(path=folder / f"{name}.png")
        page.close()


def main(arguments: list[str]) -> int:
    executable = chromium()
    if executable is None:
        sys.exit(NONE_TO_BE_HAD)
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        if arguments:
            take(browser, arguments[0], FOLDER)
            return 0
        folder = tempfile.TemporaryDirectory()
        with folder as scratch, qt_run(Path(scratch), "--speed", "30") as run:
            run.wait_until_up()
            run.wait_for_bars(150)
            take(browser, f"http://127.0.0.1:{run.port}", FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
