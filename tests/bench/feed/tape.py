"""Frames for the measuring: prints and quotes of many symbols in the vendor's JSON."""

from collections.abc import Iterator

_EVERY = 5  # events to a print
SYMBOLS = tuple(f"S{number:03d}" for number in range(500))
_TRADE = '{"ev":"T","sym":"%s","x":4,"i":"%d","z":3,"p":%.2f,"s":100,"c":[14,41],"t":%%d,"q":%%d}'
_QUOTE = (
    '{"ev":"Q","sym":"%s","bx":4,"bp":%.2f,"bs":1,"ax":7,"ap":%.2f,"as":2,"c":0,"i":[604],'
    '"t":%%d,"q":%%d,"z":3}'
)


class Tape:
    """One print to four quotes, symbol after symbol; numbers rise for ever."""

    def __init__(self, *, events_a_frame: int) -> None:
        self.events_a_frame = events_a_frame
        self._templates = list(self._make_templates())
        self._sequence = 0
        self._next = 0

    def frame(self, at_ms: int) -> tuple[bytes, list[tuple[int, int]]]:
        """The next frame, and the prints in it: place of the symbol, sequence."""
        template, places = self._templates[self._next % len(self._templates)]
        self._next += 1
        values: list[int] = []
        first = self._sequence + 1
        for sequence in range(first, first + self.events_a_frame):
            values += (at_ms, sequence)
        self._sequence += self.events_a_frame
        prints = [(symbol, first + place) for place, symbol in places]
        return (template % tuple(values)).encode(), prints

    def quote(self, at_ms: int) -> bytes:
        """A frame of one quote."""
        self._sequence += 1
        event = _QUOTE % (SYMBOLS[0], 99.99, 100.01)
        return f"[{event % (at_ms, self._sequence)}]".encode()

    def _make_templates(self) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        number = 0
        for _ in range(max(1, 2 * len(SYMBOLS) * _EVERY // self.events_a_frame)):
            events, places = [], []
            for place in range(self.events_a_frame):
                symbol, price = number // _EVERY % len(SYMBOLS), 100 + number % 7
                if number % _EVERY == 0:
                    places.append((place, symbol))
                    events.append(_TRADE % (SYMBOLS[symbol], number, price))
                else:
                    events.append(_QUOTE % (SYMBOLS[symbol], price - 0.01, price + 0.01))
                number += 1
            yield f"[{','.join(events)}]", places
