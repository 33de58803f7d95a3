"""Takes the pictures of the documentation from a running page.

Start `make run`, wait a minute, then: `.venv/bin/python -m tests.take_screenshots`.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import NONE_TO_BE_HAD, chromium
from tests.project_files import ROOT

FOLDER = ROOT / "web" / "screenshots"
SIZES = {"desktop": (1600, 1000), "phone": (390, 844)}


def take(url: str, folder: Path) -> None:
    executable = chromium()
    if executable is None:
        sys.exit(NONE_TO_BE_HAD)
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(url)
            page.get_by_text("LIVE").first.wait_for()
            page.screenshot(path=folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8420", FOLDER)
