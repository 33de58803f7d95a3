"""Strategies' states between bars. The ledger has them too; this copy is only quicker."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from quantterminal.adapters.redis import scripts
from quantterminal.adapters.redis.connection import Client, reachable
from quantterminal.ports.ledger import Holding, Snapshot

TTL_S = 7 * 24 * 3600


class RedisSnapshotStore:
    """Implements `ports.state.SnapshotStore`; the version is the last bar's epoch second."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._put_newer = client.register_script(scripts.PUT_NEWER)

    def snapshots(self, account: str, holdings: Collection[Holding]) -> dict[Holding, Snapshot]:
        ordered = list(holdings)
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for each in ordered:
                pipeline.hmget(_key(account, each), "version", "data")
            found = pipeline.execute() if ordered else []
        return {
            holding: Snapshot(datetime.fromtimestamp(int(version), UTC), data)
            for holding, (version, data) in zip(ordered, found, strict=True)
            if version is not None
        }

    def put_snapshots(self, account: str, snapshots: Mapping[Holding, Snapshot]) -> None:
        if not snapshots:
            return
        with reachable():
            pipeline = self._client.pipeline(transaction=False)
            for holding, each in snapshots.items():
                version = int(each.last_bar.timestamp())
                self._put_newer(
                    keys=[_key(account, holding)],
                    args=[version, each.state, TTL_S],
                    client=pipeline,
                )
            pipeline.execute()


def _key(account: str, holding: Holding) -> str:
    return f"{{{account}}}:snapshot:{holding[0]}:{holding[1]}"
