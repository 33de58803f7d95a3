from datetime import UTC, date, datetime, timedelta

import pytest

from quantterminal.adapters.memory.clock import MemoryClock
from quantterminal.adapters.memory.telemetry import MemoryTelemetry
from quantterminal.domain.errors import ConfigurationError
from quantterminal.services.maintenance import SHORTEST_DAYS, MaintenanceRuntime, maintain

NOW = datetime(2026, 11, 24, 22, 10, tzinfo=UTC)


class Store:
    def __init__(self) -> None:
        self.before: datetime | None = None
        self.prepared: date | None = None

    def forget(self, before: datetime) -> dict[str, int]:
        self.before = before
        return {"bars": 3, "quarantine": 1}

    def prepare(self, first: date) -> int:
        self.prepared = first
        return 2


def runtime(store: Store, days: int) -> MaintenanceRuntime:
    return MaintenanceRuntime(store, MemoryClock(NOW), MemoryTelemetry(), days)


def test_what_is_older_than_the_retention_is_forgotten() -> None:
    store = Store()
    assert maintain(runtime=runtime(store, 400)) == {"bars": 3, "quarantine": 1}
    assert store.before == NOW - timedelta(days=400)
    assert store.prepared == NOW.date()


def test_the_books_keep_the_closes_they_need() -> None:
    with pytest.raises(ConfigurationError, match="8 days or more"):
        runtime(Store(), SHORTEST_DAYS - 1)
