"""The container's own figures of its feed, for the page."""

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.view import SymbolSeen, TapeHealth
from quantterminal.ports.watermarks import FeedBoard

_QUIETEST = 50  # of a large universe: the page has no use for the others


def tape_health(board: FeedBoard | None) -> TapeHealth:
    """Unknown where there is no board, where it cannot be read, and where nobody speaks."""
    try:
        told = None if board is None else board.health()
    except RetryableError:
        told = None
    if told is None:
        return TapeHealth()
    quietest = sorted(told.last_seen.items(), key=lambda seen: (seen[1], seen[0]))
    return TapeHealth(
        state=told.state,
        at=told.at,
        events_per_s=round(told.events_per_s, 1),
        lag_p50_ms=told.lag_p50_ms,
        lag_p99_ms=told.lag_p99_ms,
        stored_p50_ms=told.stored_p50_ms,
        stored_p99_ms=told.stored_p99_ms,
        waiting=told.waiting,
        thinned=told.thinned,
        refused=told.refused,
        unreadable=told.unreadable,
        spooled_bytes=told.spooled_bytes,
        reconnects=told.reconnects,
        gaps=told.gaps,
        symbols=len(quietest),
        quietest=tuple(SymbolSeen(symbol, at) for symbol, at in quietest[:_QUIETEST]),
    )
