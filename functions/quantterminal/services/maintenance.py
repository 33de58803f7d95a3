"""Forgetting old market data, so that the store never fills up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from quantterminal.domain.errors import ConfigurationError
from quantterminal.ports.clock import Clock
from quantterminal.ports.retention import Retention
from quantterminal.ports.telemetry import Telemetry

SHORTEST_DAYS = 8  # the books value positions at closes of the last seven days


@dataclass(frozen=True, slots=True)
class MaintenanceRuntime:
    retention: Retention
    clock: Clock
    telemetry: Telemetry
    days: int

    def __post_init__(self) -> None:
        if self.days < SHORTEST_DAYS:
            raise ConfigurationError(
                f"Expected a retention of {SHORTEST_DAYS} days or more, was {self.days}"
            )


def maintain(*, runtime: MaintenanceRuntime) -> Mapping[str, int]:
    """Forget what is older than the retention, make the days to come; how much went, by table."""
    before = runtime.clock.now() - timedelta(days=runtime.days)
    gone = runtime.retention.forget(before)
    runtime.retention.prepare(runtime.clock.now().date())
    runtime.telemetry.record("MarketDataForgotten", before=before.isoformat(), **gone)
    return gone
