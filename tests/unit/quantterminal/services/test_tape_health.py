"""What the page is told of the feed by the container's own word."""

from dataclasses import replace
from datetime import timedelta

from quantterminal.adapters.memory.quotes import MemoryFeedBoard
from quantterminal.domain.errors import RetryableError
from quantterminal.domain.view import SymbolSeen, TapeHealth
from quantterminal.ports.watermarks import FeedHealth
from quantterminal.services.tape_health import tape_health
from tests.unit.quantterminal.services.sample_bars import OPEN

TOLD = FeedHealth(
    at=OPEN,
    state="live",
    events_per_s=1234.5678,
    lag_p50_ms=1.0,
    lag_p99_ms=9.0,
    stored_p50_ms=2.0,
    stored_p99_ms=19.0,
    waiting=3,
    thinned=4,
    refused=5,
    unreadable=6,
    spooled_bytes=7,
    reconnects=8,
    gaps=9,
    last_seen={"BBB": OPEN, "AAA": OPEN, "CCC": OPEN - timedelta(seconds=9)},
)


class Broken:
    def health(self) -> FeedHealth | None:
        raise RetryableError("away")

    def put(self, health: FeedHealth) -> None:
        raise RetryableError(f"away, and {health.state}")


def test_every_figure_is_shown() -> None:
    board = MemoryFeedBoard()
    board.put(TOLD)

    assert tape_health(board) == TapeHealth(
        state="live",
        at=OPEN,
        events_per_s=1234.6,
        lag_p50_ms=1.0,
        lag_p99_ms=9.0,
        stored_p50_ms=2.0,
        stored_p99_ms=19.0,
        waiting=3,
        thinned=4,
        refused=5,
        unreadable=6,
        spooled_bytes=7,
        reconnects=8,
        gaps=9,
        symbols=3,
        quietest=(
            SymbolSeen("CCC", OPEN - timedelta(seconds=9)),
            SymbolSeen("AAA", OPEN),
            SymbolSeen("BBB", OPEN),
        ),
    )


def test_of_many_symbols_only_the_quietest_are_named() -> None:
    board = MemoryFeedBoard()
    seen = {f"S{number:03d}": OPEN + timedelta(seconds=number) for number in range(500)}
    board.put(replace(TOLD, last_seen=seen))

    shown = tape_health(board)

    assert (shown.symbols, len(shown.quietest)) == (500, 50)
    assert shown.quietest[0].symbol == "S000"


def test_while_nobody_speaks_the_state_is_unknown() -> None:
    assert tape_health(None) == tape_health(MemoryFeedBoard()) == tape_health(Broken())
    assert tape_health(None).state == "unknown"
