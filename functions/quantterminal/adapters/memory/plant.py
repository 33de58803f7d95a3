"""Switches that only remember, for tests."""


class MemoryPlant:
    """Satisfies `ports.power.Plant`."""

    def __init__(self) -> None:
        self.containers = 0
        self.database_is_on = False

    def run_containers(self, count: int) -> None:
        self.containers = count

    def start_database(self) -> None:
        self.database_is_on = True

    def stop_database(self) -> None:
        self.database_is_on = False
