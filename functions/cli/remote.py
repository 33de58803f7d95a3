"""Talks to the dashboard of a running system, as its page does."""

import json
import uuid
from typing import Any

import urllib3

from local.errors import LocalRunError


class Remote:
    """The REST API behind the page on `port` of this machine."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"
        self._pool = urllib3.PoolManager(timeout=10.0, retries=False)

    def dashboard(self) -> dict[str, Any]:
        """The whole picture. Raises LocalRunError when nobody answers."""
        picture: dict[str, Any] = self._call("GET", "/api/dashboard", None)["dashboard"]
        return picture

    def command(self, verb: str, reason: str, scope: str) -> dict[str, Any]:
        """`halt`, `resume`, `flatten` or `cancel-all`; the reason goes into the journal."""
        return self._call("POST", f"/api/{verb}", {"reason": reason, "scope": scope})

    def _call(self, method: str, path: str, body: Any) -> dict[str, Any]:
        headers = {"Origin": self._address, "Idempotency-Key": str(uuid.uuid4())}
        try:
            answer = self._pool.request(method, self._address + path, json=body, headers=headers)
            found: dict[str, Any] = json.loads(answer.data)
        except urllib3.exceptions.HTTPError as problem:
            raise LocalRunError(
                f"Expected a running system at {self._address}, nobody answers: start one with"
                " `qt run`, or name its port with --port"
            ) from problem
        except ValueError as problem:
            raise LocalRunError(f"{method} {path}: expected JSON, was {answer.status}") from problem
        if answer.status != 200:
            said = found.get("error") or found.get("message") or found
            raise LocalRunError(f"{method} {path}: {said}")
        return found
