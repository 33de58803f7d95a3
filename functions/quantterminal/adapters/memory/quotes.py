"""The last quotes and the feed's health in attributes, for tests."""

from collections.abc import Mapping

from quantterminal.ports.watermarks import FeedHealth, Quote


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


class MemoryFeedBoard:
    """Satisfies `ports.watermarks.FeedBoard`, without an end."""

    def __init__(self) -> None:
        self._health: FeedHealth | None = None

    def put(self, health: FeedHealth) -> None:
        self._health = health

    def health(self) -> FeedHealth | None:
        return self._health
