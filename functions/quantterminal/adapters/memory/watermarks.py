"""The container's watermark in an attribute, for tests."""

from datetime import datetime


class MemoryWatermarks:
    """Satisfies `ports.watermarks.Watermarks`."""

    def __init__(self, published: datetime | None = None) -> None:
        self._published = published

    def published_minute(self) -> datetime | None:
        return self._published

    def set_published_minute(self, minute: datetime) -> None:
        self._published = max(minute, self._published or minute)
