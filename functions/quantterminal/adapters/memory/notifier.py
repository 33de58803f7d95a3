"""A notifier that keeps what it was told, for tests."""

from quantterminal.ports.notifier import Notice


class MemoryNotifier:
    """Implements `ports.notifier.Notifier`; `notices` holds them, oldest first."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def publish(self, notice: Notice) -> None:
        self.notices.append(notice)
