"""All deployed functions: the local AWS hands every execution over to this server.

Configuration, environment and archive of a function are those that were deployed, asked for at its
first execution; the few variables that cannot mean anything on this machine are replaced.
"""

import io
import json
import threading
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3

from local.processes.local_aws import LocalAwsAddress
from tests.deploy_local.execution import Answer, Deployed, Execution
from tests.deploy_local.ground import Ground


class Fleet:
    """Executes deployed functions. `replaced` goes before the deployed variables of that name."""

    def __init__(self, folder: Path, *, python: Path, logs: Path) -> None:
        self.replaced: dict[str, str] = {}
        self.executed: dict[str, int] = {}
        self.problems: list[str] = []
        self._folder = folder
        self._python = python
        self._logs = logs
        self._address: LocalAwsAddress | None = None
        self._ground: Ground | None = None
        self._known: dict[str, Execution] = {}
        self._lock = threading.Lock()
        self._running = 0
        self._starter = ThreadPoolExecutor(1, "starts-functions")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def serve(self, address: LocalAwsAddress, ground: Ground) -> None:
        """From now on executions find their deployed function there, and their servers here."""
        self._address, self._ground = address, ground
        self.replaced = {**ground.replaced, **address.environment}

    def execution(self, name: str) -> Execution:
        """The environment of the function of that physical name, made at first use."""
        with self._lock:
            if name not in self._known:
                function = self._deployed(name)
                relevant = {
                    key: value
                    for key, value in self.replaced.items()
                    if key in function.variables or key in ADDED or key.startswith("AWS_")
                }
                self._known[name] = Execution(
                    function,
                    python=self._python,
                    variables=relevant,
                    logs=self._logs,
                    starter=self._starter,
                )
            return self._known[name]

    def execute(self, name: str, event: bytes) -> Answer:
        """What the local AWS asks for: one event to one function."""
        with self._lock:
            self._running += 1
        short = name
        try:
            execution = self.execution(name)
            short = execution.function.short_name
            answer = execution.invoke(event)
            if answer.is_error:
                self.problems.append(f"{short}: {answer.body.decode(errors='replace')[:500]}")
        finally:
            with self._lock:
                self._running -= 1
                self.executed[short] = self.executed.get(short, 0) + 1
        return answer

    def counted(self) -> tuple[int, int]:
        """Executions that are under way, and those that have ended."""
        with self._lock:
            return self._running, sum(self.executed.values())

    def renew(self) -> None:
        """Put every environment down: the next event meets what is deployed by then."""
        with self._lock:
            known, self._known = self._known, {}
        for execution in known.values():
            execution.stop()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.renew()
        self._starter.shutdown()

    def _deployed(self, name: str) -> Deployed:
        if self._address is None or self._ground is None:
            raise RuntimeError("Expected to know the local AWS before its first execution")
        found = self._address.client("lambda").get_function(FunctionName=name)
        configuration: Mapping[str, Any] = found["Configuration"]
        variables = configuration.get("Environment", {}).get("Variables", {})
        self._ground.adopt(variables, self._address)
        return Deployed(
            name=name,
            arn=configuration["FunctionArn"],
            handler=configuration["Handler"],
            memory_mb=configuration["MemorySize"],
            timeout_s=configuration["Timeout"],
            variables=variables,
            code=self._code(configuration["CodeSha256"], found["Code"]["Location"]),
        )

    def _code(self, digest: str, location: str) -> Path:
        """The archive that was deployed, unpacked once for all functions that share it."""
        folder = self._folder / "code" / digest.replace("/", "_")
        if not folder.exists():
            archive = urllib3.request("GET", location).data
            zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
        return folder


# Told to every function although no deployment has it: the market's time.
ADDED = frozenset({"QT_CLOCK_FILE"})


def _handler(fleet: Fleet) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                answer = fleet.execute(self.path.strip("/"), event)
            except Exception as problem:  # noqa: BLE001 - process edge: the emulator gets the text
                text = json.dumps({"errorMessage": f"{type(problem).__name__}: {problem}"})
                fleet.problems.append(text)
                answer = Answer(text.encode(), is_error=True, took_ms=0)
            self.send_response(500 if answer.is_error else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Each function has a log of its own."""

    return Handler
