"""How many ingest tasks run: the desired count of one ECS service."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.domain.errors import RetryableError


class ContainerService:
    """`service` is `cluster/service`, two names; the client brings its own tries."""

    def __init__(self, client: Any, service: str) -> None:
        self._client = client
        self._cluster, _, self._service = service.partition("/")

    def run(self, count: int) -> None:
        """Set the desired count. Raises RetryableError when ECS did not take it."""
        try:
            self._client.update_service(
                cluster=self._cluster, service=self._service, desiredCount=count
            )
        except (BotoCoreError, ClientError) as problem:
            raise RetryableError(f"ECS did not set {count} tasks: {problem}") from problem
