"""Starts the local AWS with what it lacks; run by the interpreter of `.venv-aws`.

QT_LAMBDA_PROXY is the base URL that executions of our own functions are forwarded to; the few that
the CDK brings along are left to the local AWS.
"""

import os
from dataclasses import dataclass
from typing import Any

import adapters
import completions
from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import lambda_svc


def forward(configuration: dict[str, Any]) -> str | None:
    """Where a function is executed, None for here."""
    if not str(configuration.get("Handler", "")).startswith("handlers."):
        return None
    return f"{os.environ['QT_LAMBDA_PROXY']}/{configuration['FunctionName']}"


@dataclass(frozen=True, slots=True)
class ForwardingWorker:
    """For WebSocket routes, which go past the forwarding of every other caller."""

    configuration: dict[str, Any]
    url: str

    def invoke(self, event: dict[str, Any], request_id: str) -> dict[str, Any]:
        function = {"config": self.configuration}
        answer = lambda_svc._execute_function_proxy(function, event, self.url, request_id)
        if answer.get("error"):
            return {"status": "error", "error": str(answer.get("body"))}
        return {"status": "ok", "result": answer.get("body")}


def forward_workers() -> None:
    own = lambda_runtime.get_or_create_worker

    def get(name: str, configuration: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        url = forward(configuration)
        if url is not None:
            return ForwardingWorker(configuration, url)
        return own(name, configuration, *arguments, **options)

    lambda_runtime.get_or_create_worker = get


if __name__ == "__main__":
    adapters.register()
    completions.register()
    forward_workers()
    lambda_svc._proxy_url_for = forward
    main()
