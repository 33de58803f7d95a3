"""Whether the feed is alive, by the age of the data of liquid symbols.

A socket can answer pings and bring the odd quote while most of the market is silent, so neither a
pong nor any single symbol proves anything. Liquid is who was heard of often, lately. Seconds are of
one monotonic clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_SIGHTINGS = 20  # before a symbol is called liquid
_WEIGHT = 0.1  # of the newest pause in the mean
_NOT_ABOVE = 0.2  # of the stall time: the mean pause of a liquid symbol


@dataclass(slots=True)
class _Heard:
    at: float
    pause: float
    times: int = 1


class FeedLiveness:
    """A symbol is stale that was silent for `stale_after_s`."""

    def __init__(self, *, stale_after_s: float) -> None:
        self._stale_after_s = stale_after_s
        self._heard: dict[str, _Heard] = {}

    def heard(self, symbols: Iterable[str], now: float) -> None:
        for symbol in symbols:
            known = self._heard.get(symbol)
            if known is None:
                self._heard[symbol] = _Heard(now, self._stale_after_s)
                continue
            known.pause += _WEIGHT * (now - known.at - known.pause)
            known.at = now
            known.times += 1

    def forget(self) -> None:
        """After a pause that was nobody's fault: a new connection, the night."""
        self._heard.clear()

    def stale_share(self, now: float) -> float:
        """The share of the liquid symbols that are stale; 0 where none is liquid."""
        longest = self._stale_after_s * _NOT_ABOVE
        liquid = [
            each
            for each in self._heard.values()
            if each.times >= _SIGHTINGS and each.pause <= longest
        ]
        stale = sum(now - each.at > self._stale_after_s for each in liquid)
        return stale / len(liquid) if liquid else 0.0
