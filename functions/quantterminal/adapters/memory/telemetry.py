"""Telemetry that keeps what was recorded, for tests."""


class MemoryTelemetry:
    """Satisfies `ports.telemetry.Telemetry`. `problems` are in `events` as well."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, object]]] = []
        self.problems: list[tuple[str, dict[str, object]]] = []
        self.measures: list[tuple[str, float, str]] = []

    def record(self, event: str, **fields: object) -> None:
        self.events.append((event, fields))

    def measure(self, metric: str, value: float, unit: str) -> None:
        self.measures.append((metric, value, unit))

    def problem(self, event: str, **fields: object) -> None:
        self.record(event, **fields)
        self.problems.append((event, fields))

    def named(self, event: str) -> list[dict[str, object]]:
        """The fields of every record of that event, in order."""
        return [fields for name, fields in self.events if name == event]
