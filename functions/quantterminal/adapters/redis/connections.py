"""Who listens on the live socket: connection ids by the second at which they may no longer."""

import math
from datetime import UTC, datetime

from quantterminal.adapters.redis.connection import Client, reachable
from quantterminal.ports.live import Listening

_DAY_S = 24 * 3600


class RedisConnections:
    """Implements `ports.live.ConnectionRegistry`."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._key = f"{{{account}}}:sockets"

    def add(self, connection_id: str, *, until: datetime | None = None) -> None:
        ends = math.inf if until is None else until.timestamp()
        with reachable():
            self._client.zadd(self._key, {connection_id: ends})
            self._client.expire(self._key, _DAY_S)

    def remove(self, connection_id: str) -> None:
        with reachable():
            self._client.zrem(self._key, connection_id)

    def connections(self) -> Listening:
        with reachable():
            found = self._client.zrange(self._key, 0, -1, withscores=True)
        return {socket: _instant(float(ends)) for socket, ends in found}


def _instant(seconds: float) -> datetime | None:
    return None if math.isinf(seconds) else datetime.fromtimestamp(seconds, UTC)
