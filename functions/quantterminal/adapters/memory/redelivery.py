"""Redelivery that keeps what was asked of it, for tests."""


class MemoryRedelivery:
    """Satisfies `ports.redelivery.Redelivery`. `deferred` holds (queue ARN, receipt, seconds)."""

    def __init__(self) -> None:
        self.deferred: list[tuple[str, str, float]] = []

    def defer(self, queue_arn: str, receipt: str, *, seconds: float) -> None:
        self.deferred.append((queue_arn, receipt, seconds))
