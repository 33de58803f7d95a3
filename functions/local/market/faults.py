"""Faults that a test arms through the control API, each for its next `count` occasions."""

from collections import Counter

FAULT_KINDS = frozenset(
    {
        "submit_timeout_after",  # the order lands, the answer never comes
        "submit_504_after",  # the order lands, the answer is a gateway's
        "reject_next",  # accepted over REST, turned down by the exchange
        "drop_next_update",  # a trade update that no stream gets
        "duplicate_updates",  # a trade update that every stream gets twice
        "http_429",  # the broker's rate limit, whatever the real count
        "stall_feed",  # a minute of silence on an open feed socket, prices and bars
        "cut_stream",  # every trade-update socket, at once, without a close frame
        "cut_stream_at_fill",  # the same when an order fills next, before anybody is told of it
        "cut_feed",  # every feed socket, at once, without a close frame
    }
)


class Faults:
    """What is armed; `take` uses one up."""

    def __init__(self) -> None:
        self._armed: Counter[str] = Counter()

    def arm(self, kind: str, count: int) -> None:
        self._armed[kind] += count

    def take(self, kind: str) -> bool:
        if self._armed[kind] <= 0:
            return False
        self._armed[kind] -= 1
        return True

    def is_armed(self, kind: str) -> bool:
        return self._armed[kind] > 0
