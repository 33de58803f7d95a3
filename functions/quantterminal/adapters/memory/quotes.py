"""The last quotes in a dictionary, for tests."""

from collections.abc import Mapping

from quantterminal.ports.watermarks import Quote


class MemoryQuoteBoard:
    """Satisfies `ports.watermarks.QuoteBoard`. `puts` counts the writes."""

    def __init__(self) -> None:
        self.puts = 0
        self._quotes: dict[str, Quote] = {}

    def put(self, quotes: Mapping[str, Quote]) -> None:
        self.puts += 1
        self._quotes.update(quotes)

    def quotes(self) -> dict[str, Quote]:
        return dict(self._quotes)
