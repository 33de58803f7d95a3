"""Which Chromium the browser tests drive: the one on the path, else Playwright's own download.

`python -m tests.browser` says with its exit status whether there is one; `make browser` asks it.
"""

import shutil
import subprocess
import sys
from functools import cache

from playwright.sync_api import sync_playwright

ON_PATH = ("chromium", "chromium-browser", "google-chrome")
NONE_TO_BE_HAD = "no Chromium that starts: neither on the path nor downloaded by Playwright"


@cache
def chromium() -> str | None:
    """Path of a Chromium that starts on this machine, or None."""
    on_path = [found for name in ON_PATH if (found := shutil.which(name))]
    return next(filter(_starts, on_path), None) or next(filter(_starts, [_downloaded()]), None)


def _downloaded() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    """A download whose system libraries are missing is there and does not start."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(0 if chromium() else 1)
