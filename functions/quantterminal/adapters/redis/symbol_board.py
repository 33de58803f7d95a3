"""Flags of symbols that are not to be traded as usual, under `{account}:flags`."""

from quantterminal.adapters.redis.connection import Client, reachable
from quantterminal.domain.risk import SymbolFlag


class RedisSymbolBoard:
    """Implements `ports.activity.FlaggingBoard`. A flag lives as long as the cache."""

    def __init__(self, client: Client, account: str) -> None:
        self._client = client
        self._key = f"{{{account}}}:flags"

    def put(self, symbol: str, flag: SymbolFlag | None) -> None:
        with reachable():
            if flag is None:
                self._client.hdel(self._key, symbol)
            else:
                self._client.hset(self._key, symbol, flag.value)

    def flags(self) -> dict[str, SymbolFlag]:
        with reachable():
            found = self._client.hgetall(self._key)
        return {symbol: SymbolFlag(flag) for symbol, flag in found.items()}
