"""What the container leaves for the others: watermark, stream lease, quotes, the feed's health."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from quantterminal.adapters.redis import scripts
from quantterminal.adapters.redis.connection import Client, reachable
from quantterminal.domain.errors import RetryableError
from quantterminal.ports.watermarks import FeedHealth, Quote, StreamState

LEASE_S = 5
FEED_BOARD_S = 20
_DAY_S = 24 * 3600
_JSON = msgspec.json.Encoder(decimal_format="string")


class RedisWatermarks:
    """Implements `ports.watermarks.Watermarks`."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._key = f"{{{account}}}:watermarks"
        self._put_newer = client.register_script(scripts.PUT_NEWER)

    def published_minute(self) -> datetime | None:
        with reachable():
            text = self._client.hget(self._key, "data")
        return None if text is None else datetime.fromisoformat(text)

    def set_published_minute(self, minute: datetime) -> None:
        with reachable():
            self._put_newer(
                keys=[self._key],
                args=[int(minute.timestamp()), minute.isoformat(), 7 * _DAY_S],
            )


class RedisStreamGate:
    """Implements `ports.watermarks.StreamGate`: a key that expires when nobody keeps it up."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._key = f"{{{account}}}:stream"

    def keep(self, state: StreamState) -> None:
        with reachable():
            self._client.set(self._key, state, ex=LEASE_S)

    def state(self) -> StreamState:
        try:
            with reachable():
                text = self._client.get(self._key)
        except RetryableError:
            return StreamState.DOWN
        return StreamState.DOWN if text is None else StreamState(text)


class RedisQuoteBoard:
    """Implements `ports.watermarks.QuoteBoard`."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._key = f"{{{account}}}:quotes"

    def put(self, quotes: Mapping[str, Quote]) -> None:
        if not quotes:
            return
        values = {symbol: _JSON.encode(quote).decode() for symbol, quote in quotes.items()}
        with reachable():
            self._client.hset(self._key, mapping=values)

    def quotes(self) -> dict[str, Quote]:
        with reachable():
            found = self._client.hgetall(self._key)
        return {symbol: msgspec.json.decode(text, type=Quote) for symbol, text in found.items()}


class RedisFeedBoard:
    """Implements `ports.watermarks.FeedBoard`: a key that expires when nobody keeps it up."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._key = f"{{{account}}}:feed-health"

    def put(self, health: FeedHealth) -> None:
        with reachable():
            self._client.set(self._key, _JSON.encode(health).decode(), ex=FEED_BOARD_S)

    def health(self) -> FeedHealth | None:
        with reachable():
            text = self._client.get(self._key)
        return None if text is None else msgspec.json.decode(text, type=FeedHealth)
