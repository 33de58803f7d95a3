"""What happened, for logs and metrics; never a reason to decide differently."""

from typing import Protocol


class Telemetry(Protocol):
    def record(self, event: str, **fields: object) -> None:
        """One structured log line and one count of that event. No secrets in fields."""
        ...

    def measure(self, metric: str, value: float, unit: str) -> None:
        """One value of a metric; `unit` is CloudWatch's (`Milliseconds`, `Count`)."""
        ...
