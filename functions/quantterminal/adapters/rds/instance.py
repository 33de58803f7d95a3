"""Starting and stopping one RDS instance."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.domain.errors import RetryableError

# RDS refuses to start what runs and to stop what is stopped: that is what was asked for.
_IS_SO = "InvalidDBInstanceState"
_WORKING = {
    "start": frozenset({"available", "starting", "configuring-enhanced-monitoring"}),
    "stop": frozenset({"stopped", "stopping"}),
}


class DatabaseInstance:
    def __init__(self, client: Any, identifier: str) -> None:
        self._client = client
        self._identifier = identifier

    def start(self) -> None:
        """Raises RetryableError when RDS did not take it, or is busy with something else."""
        self._ask("start", self._client.start_db_instance)

    def stop(self) -> None:
        """As `start`."""
        self._ask("stop", self._client.stop_db_instance)

    def _ask(self, verb: str, call: Callable[..., Any]) -> None:
        try:
            call(DBInstanceIdentifier=self._identifier)
        except ClientError as problem:
            code = str(problem.response.get("Error", {}).get("Code", ""))
            if code.startswith(_IS_SO) and self._status() in _WORKING[verb]:
                return
            raise RetryableError(f"RDS did not {verb} the database: {problem}") from problem
        except BotoCoreError as problem:
            raise RetryableError(f"RDS is not reachable: {problem}") from problem

    def _status(self) -> str:
        try:
            found = self._client.describe_db_instances(DBInstanceIdentifier=self._identifier)
        except (BotoCoreError, ClientError) as problem:
            raise RetryableError(f"RDS did not describe the database: {problem}") from problem
        return str(found["DBInstances"][0]["DBInstanceStatus"])
