"""A Lambda function on this machine: the same handler, called as Lambda calls it.

One instance is one execution environment: it imports its handler once and is never called by two
threads at a time. The time-out is told to the handler, not enforced.
"""

import importlib
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from quantterminal.topology import Function

Handler = Callable[[dict[str, Any], "LambdaContext"], Any]


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Lambda tells a handler about one invocation."""

    function_name: str
    memory_limit_in_mb: int
    timeout_s: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: float = field(default_factory=time.monotonic)
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        left_s = self.timeout_s - (time.monotonic() - self.started_at)
        return max(0, int(left_s * 1000))


class LambdaFunction:
    """One function of `topology`; the handler is imported at the first call."""

    def __init__(self, function: Function) -> None:
        self.name = function.name
        self._function = function
        self._handler: Handler | None = None
        self._one_at_a_time = threading.Lock()

    def invoke(self, event: dict[str, Any]) -> Any:
        """The handler's answer; what it raises comes through."""
        with self._one_at_a_time:
            if self._handler is None:
                self._handler = _load(self._function.handler)
            context = LambdaContext(
                self.name, self._function.memory_mb, timeout_s=self._function.timeout_s
            )
            return self._handler(event, context)


def _load(path: str) -> Handler:
    module, _, name = path.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler
