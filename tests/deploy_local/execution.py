"""One execution environment: the deployed archive under `awslambdaric`, in a process of its own.

It is told what Lambda tells a function and what was deployed, and nothing else of this machine.
"""

import json
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from local.processes.child import Child, Command, inherited_environment
from tests.deploy_local.runtime_api import Invocation, RuntimeApi, seconds_left

_POLL_S = 0.05
_INIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Deployed:
    """One function as it was deployed; `code` is its archive, unpacked. Memory in MB."""

    name: str
    arn: str
    handler: str
    memory_mb: int
    timeout_s: int
    variables: Mapping[str, str]
    code: Path

    @property
    def short_name(self) -> str:
        """Its name in the topology."""
        return self.handler.split(".")[1]


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    is_error: bool
    took_ms: float


class Execution:
    """Starts its process at the first event; after a time-out or a crash the next event does.

    `starter` is an executor whose thread outlives the process (see `local.processes.child`).
    """

    def __init__(
        self,
        function: Deployed,
        *,
        python: Path,
        variables: Mapping[str, str],
        logs: Path,
        starter: Executor,
    ) -> None:
        self.function = function
        self._python = python
        self._variables = variables
        self._logs = logs
        self._starter = starter
        self._one_at_a_time = threading.Lock()
        self._api: RuntimeApi | None = None
        self._child: Child | None = None

    def start(self) -> float:
        """Bring the environment up without an event; seconds until it asked for the first one."""
        began = time.monotonic()
        with self._one_at_a_time:
            api, child = self._up()
            while not (api.polls or api.init_error) and child.is_running:
                if time.monotonic() - began > _INIT_S:
                    break
                time.sleep(_POLL_S / 10)
        return time.monotonic() - began

    def invoke(self, event: bytes) -> Answer:
        """The handler's answer; a time-out or a dead process is an error as Lambda words it."""
        with self._one_at_a_time:
            began = time.monotonic()
            api, child = self._up()
            invocation = Invocation(
                str(uuid.uuid4()), event, self.function.arn, time.time() + self.function.timeout_s
            )
            api.submit(invocation)
            while not invocation.done.wait(_POLL_S):
                if not child.is_running or api.init_error:
                    said = api.init_error.decode() or child.last_words()
                    invocation.finish(_error("Runtime.ExitError", said), is_error=True)
                elif not seconds_left(invocation):
                    invocation.finish(_error("Sandbox.Timedout", "timed out"), is_error=True)
            if invocation.is_error and (not child.is_running or b"Sandbox" in invocation.body):
                self._down()
            took_ms = (time.monotonic() - began) * 1000
            return Answer(invocation.body, is_error=invocation.is_error, took_ms=took_ms)

    @property
    def is_up(self) -> bool:
        """Whether its process runs and has asked for an event."""
        return self._child is not None and self._child.is_running and bool(self._asked())

    def stop(self) -> None:
        with self._one_at_a_time:
            self._down()

    def _asked(self) -> int:
        return 0 if self._api is None or self._api.init_error else self._api.polls

    def _up(self) -> tuple[RuntimeApi, Child]:
        if self._api is None or self._child is None:
            self._api = RuntimeApi()
            command = self._command(self._api.address)
            self._child = self._starter.submit(Child.start, command, logs=self._logs).result()
        return self._api, self._child

    def _down(self) -> None:
        if self._child is not None:
            self._child.stop(patience_s=1.0)
        if self._api is not None:
            self._api.stop()
        self._api = self._child = None

    def _command(self, address: str) -> Command:
        function = self.function
        environment = {
            "PATH": inherited_environment()["PATH"],
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": str(function.code),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMBDA_TASK_ROOT": str(function.code),
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            **function.variables,
            **self._variables,
        }
        argv = [str(self._python), "-m", "awslambdaric", function.handler]
        return Command(function.short_name, argv, environment, function.code)


def _error(kind: str, said: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": said}).encode()
