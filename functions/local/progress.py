"""What the person at the terminal is told while a run goes on, all of it on standard error."""

import sys
import time
from datetime import datetime
from typing import TextIO

from quantterminal.domain.sessions import NEW_YORK

_EVERY_S = 0.5


class Progress:
    """Lines that stay, and on a terminal one line that is overwritten with the market's time."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._shown_at = 0.0
        self._width = 0

    def say(self, line: str) -> None:
        self._stream.write(f"{self._blank()}{line}\n")
        self._stream.flush()
        self._width = 0

    def market_time(self, now: datetime) -> None:
        """Overwrites the last time shown, at most twice a second; nothing without a terminal."""
        if not self._is_terminal or time.monotonic() - self._shown_at < _EVERY_S:
            return
        self._shown_at = time.monotonic()
        text = f"{now.astimezone(NEW_YORK):%a %Y-%m-%d %H:%M:%S} New York"
        self._stream.write(f"{self._blank()}{text}")
        self._stream.flush()
        self._width = len(text)

    def _blank(self) -> str:
        return f"\r{' ' * self._width}\r" if self._width else ""
