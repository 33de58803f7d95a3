"""The switches of the cloud: an ECS service and an RDS instance behind one port."""

from quantterminal.adapters.ecs.container_service import ContainerService
from quantterminal.adapters.rds.instance import DatabaseInstance


class AwsPlant:
    """Implements `ports.power.Plant`."""

    def __init__(self, containers: ContainerService, database: DatabaseInstance) -> None:
        self._containers = containers
        self._database = database

    def run_containers(self, count: int) -> None:
        self._containers.run(count)

    def start_database(self) -> None:
        self._database.start()

    def stop_database(self) -> None:
        self._database.stop()
