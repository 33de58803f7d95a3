"""Who listens on the live socket: one set of connection ids."""

from quantterminal.adapters.redis.connection import Client, reachable

_DAY_S = 24 * 3600


class RedisConnections:
    """Implements `ports.live.ConnectionRegistry`."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._key = f"{{{account}}}:connections"

    def add(self, connection_id: str) -> None:
        with reachable():
            self._client.sadd(self._key, connection_id)
            self._client.expire(self._key, _DAY_S)

    def remove(self, connection_id: str) -> None:
        with reachable():
            self._client.srem(self._key, connection_id)

    def connections(self) -> frozenset[str]:
        with reachable():
            return frozenset(self._client.smembers(self._key))
