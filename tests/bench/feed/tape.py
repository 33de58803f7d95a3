"""Frames for the measuring: prints and quotes of many symbols in the vendor's JSON."""

from collections.abc import Iterator

SYMBOLS = tuple(f"S{number:03d}" for number in range(500))
_TRADE = '{"ev":"T","sym":"%s","x":4,"i":"%d","z":3,"p":%.2f,"s":100,"c":[14,41],"t":%%d,"q":%%d}'
_QUOTE = (
    '{"ev":"Q","sym":"%s","bx":4,"bp":%.2f,"bs":1,"ax":7,"ap":%.2f,"as":2,"c":0,"i":[604],'
    '"t":%%d,"q":%%d,"z":3}'
)


class Tape:
    """One print to four quotes, symbol after symbol; numbers rise for ever."""

    def __init__(self, *, events_a_frame: int, trades_every: int = 5) -> None:
        self.events_a_frame = events_a_frame
        self._templates = list(self._make_templates(trades_every))
        self._sequence = 0
        self._next = 0
        self.trades = [template.count('"ev":"T"') for template in self._templates]

    def frame(self, at_ms: int) -> tuple[bytes, int]:
        """The next frame, and how many trades it holds."""
        number = self._next % len(self._templates)
        self._next += 1
        values: list[int] = []
        for _ in range(self.events_a_frame):
            self._sequence += 1
            values += (at_ms, self._sequence)
        return (self._templates[number] % tuple(values)).encode(), self.trades[number]

    def _make_templates(self, trades_every: int) -> Iterator[str]:
        number = 0
        frames = max(1, 2 * len(SYMBOLS) * trades_every // self.events_a_frame)
        for _ in range(frames):
            events = []
            for _ in range(self.events_a_frame):
                symbol, price = SYMBOLS[number // trades_every % len(SYMBOLS)], 100 + number % 7
                if number % trades_every == 0:
                    events.append(_TRADE % (symbol, number, price))
                else:
                    events.append(_QUOTE % (symbol, price - 0.01, price + 0.01))
                number += 1
            yield f"[{','.join(events)}]"
