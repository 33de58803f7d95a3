"""Starts every process of a run in order, and knows how to start each one again.

Only the thread that lives as long as the run may call these methods (see `processes.child`).
"""

import secrets
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from local import resources
from local.errors import StartError
from local.json_http import JsonClient
from local.plan import Keys, RunPlan
from local.preparation import paper_cash, prepare_ledger
from local.processes.child import Child
from local.processes.local_aws import LocalAwsAddress, start_local_aws
from local.processes.market import MarketPorts, start_market
from local.processes.postgres import Postgres, PostgresAddress, start_postgres
from local.processes.python_module import start_module
from local.processes.ready import accepts_connections, free_port, wait_until_ready
from local.processes.valkey import new_address, start_valkey
from local.run_folder import RunFolder
from local.surroundings import (
    PAPER_ENDPOINTS,
    local_endpoints,
    process_environment,
    run_environment,
)

_DATABASE = "quantterminal"
_STOP_S = 2.5
_STOP_TOGETHER = (("web", "pump", "container"), ("market", "local-aws", "valkey"))


# the variables by which any program reaches the stores of a run: settings and local AWS
_REACHES = ("QT_", "AWS")


class Servers:
    """The children of a run by name, and where they listen."""

    def __init__(self, plan: RunPlan, folder: RunFolder) -> None:
        self._plan = plan
        self._folder = folder
        self._keys = plan.keys or _drawn_keys()
        self._valkey = new_address()
        self._postgres: Postgres | None = None
        self._starters: dict[str, Callable[[], Child]] = {}
        self._ports: dict[str, int] = {}
        self.children: dict[str, Child] = {}
        self.environment: dict[str, str] = {}
        self.market_ports: MarketPorts | None = None
        self.aws: LocalAwsAddress | None = None
        self.resources: resources.Resources | None = None

    @property
    def ledger(self) -> PostgresAddress:
        if self._postgres is None:
            raise StartError("Expected the ledger to run, it was not started")
        return self._postgres.address.database(_DATABASE)

    def start_market(self) -> None:
        """First of all, because it reads the bar files and refuses malformed ones."""
        child, self.market_ports = start_market(
            self._plan,
            keys=self._keys,
            clock_file=self._folder.clock_file,
            environment=process_environment(),
            folder=self._folder.root,
            logs=self._folder.logs,
        )
        self.children["market"] = child

    def start_stores(self) -> None:
        """PostgreSQL, Valkey and the local AWS with its resources."""
        root, logs = self._folder.root, self._folder.logs
        self._postgres = start_postgres(root, logs=logs)
        self.children["postgres"] = self._postgres.child
        self._starters["postgres"] = self._postgres.start_again
        address = self._postgres.create_database(_DATABASE)
        self._starters["valkey"] = lambda: start_valkey(self._valkey, root, logs=logs)
        self.restart("valkey")
        self.children["local-aws"], self.aws = start_local_aws(root, logs=logs)
        self.resources = resources.create_resources(self.aws, secrets=self._secrets(address))

    def prepare(self, *, at: datetime) -> None:
        """The ledger's schema and account, and the environment of what comes next."""
        if self.aws is None or self.resources is None:
            raise StartError("Expected the stores to run before the ledger is prepared")
        plan, ports = self._plan, self.market_ports
        # as late as can be: a port is nobody's until somebody listens on it
        self._ports = {name: free_port() for name in ("pump", "container")}
        if plan.keys is not None:
            cash = paper_cash(plan.keys, url=PAPER_ENDPOINTS.broker)
        else:
            cash = plan.cash
        prepare_ledger(self.ledger.url, account=plan.trading.account, cash=cash, at=at)
        self.environment = run_environment(
            plan,
            aws=self.aws,
            made=self.resources,
            endpoints=PAPER_ENDPOINTS
            if ports is None
            else local_endpoints(broker_port=ports.broker, feed_port=ports.feed),
            valkey_url=self._valkey.url,
            clock_file=None if ports is None else self._folder.clock_file,
            health_port=self._ports["container"],
        )
        self._folder.keep_environment(
            {name: value for name, value in self.environment.items() if name[:3] in _REACHES}
        )

    def start_pipeline(self, *, started: datetime) -> None:
        """Container, pump and web host; returns when each of them listens."""
        pump = ["--control-port", str(self._ports["pump"]), "--folder", str(self._folder.root)]
        pump += ["--started", started.isoformat(), *(["--stepped"] * self._plan.is_stepped)]
        web = ["--port", str(self._plan.port)]
        self._starters["container"] = lambda: self._module("container", "ingest_container", [])
        self._starters["pump"] = lambda: self._module("pump", "local.pump", pump)
        self._starters["web"] = lambda: self._module("web", "local.web_host", web)
        ports = {**self._ports, "web": self._plan.port}
        for name in ports:
            self.restart(name)
        for name, port in ports.items():
            wait_until_ready(self.children[name], partial(accepts_connections, port))

    def restart(self, name: str) -> None:
        self.children[name] = self._starters[name]()

    def may_restart(self, name: str) -> bool:
        """False for what has the truth of the run in its memory: its end is the end of the run."""
        return name in self._starters

    def client(self, name: str) -> JsonClient:
        """The control API of `pump`, `container` or `market`."""
        if name == "market":
            if self.market_ports is None:
                raise StartError("Expected a local market, this run has none")
            return JsonClient(self.market_ports.control)
        return JsonClient(self._ports[name], timeout_s=120.0)

    def stop(self) -> None:
        """End everything, in an order in which nobody talks to the dead; a few seconds at most."""
        for names in _STOP_TOGETHER:
            children = [self.children[name] for name in names if name in self.children]
            for child in children:
                child.ask_to_stop()
            deadline = time.monotonic() + _STOP_S
            for child in children:
                child.stop(patience_s=max(0.1, deadline - time.monotonic()))
        if self._postgres is not None:
            self._postgres.stop()

    def _module(self, name: str, module: str, arguments: list[str]) -> Child:
        return start_module(
            name,
            module,
            arguments,
            environment=self.environment,
            folder=self._folder.root,
            logs=self._folder.logs,
        )

    def _secrets(self, database: PostgresAddress) -> dict[str, dict[str, str]]:
        return {
            resources.DATABASE_SECRET: {
                "host": database.host,
                "port": str(database.port),
                "dbname": database.dbname,
                "username": database.user,
                "password": database.password,
            },
            resources.BROKER_SECRET: {
                "key_id": self._keys.broker_key_id,
                "secret_key": self._keys.broker_secret,
            },
            resources.FEED_SECRET: {"api_key": self._keys.feed_key},
        }


def _drawn_keys() -> Keys:
    """Credentials of this run alone: other users of the machine cannot trade in it."""
    return Keys(*(secrets.token_urlsafe(18) for _ in range(3)))
