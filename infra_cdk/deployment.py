"""What a deployment is told: one TOML file, or the CDK's context, checked before anything is built.

The trading part is checked by the command line's own models, so that what `qt run` accepts and what
is deployed cannot differ. Mode LIVE needs its typed confirmation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.configuration import ConfigurationFile, examined, listed, read_toml, said, trading_config
from infra_cdk.errors import DeploymentError
from quantterminal.domain.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_FILE = ROOT / "infra_cdk" / "paper.toml"
# Lambda takes 4 KB of variables in all; the others need about half of them.
LARGEST_CONFIG = 2_000

# The packages of ours that the functions' archive holds.
SHIPPED = ("quantterminal", "quantzoo", "handlers")

_Url = Annotated[str, Field(pattern=r"^(https?|wss?)://[^\s]+$")]


class SessionProfile(StrEnum):
    """When container and database run."""

    MARKET_HOURS = "market_hours"
    ALWAYS = "always"


class Valkey(StrEnum):
    SERVERLESS = "serverless"
    NODE = "node"


class Nat(StrEnum):
    """How the private subnets reach the Internet. NONE is for who routes them out otherwise."""

    INSTANCE = "instance"
    GATEWAY = "gateway"
    NONE = "none"


class LockMode(StrEnum):
    """Who may shorten the life of the trade log: a privileged person, or nobody at all."""

    GOVERNANCE = "governance"
    COMPLIANCE = "compliance"


class DeploymentTable(BaseModel):
    """The table `[deployment]`. The URLs are the vendors' own unless something else is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,11}$")] = "paper"
    session_profile: SessionProfile = SessionProfile.MARKET_HOURS
    valkey: Valkey = Valkey.SERVERLESS
    nat: Nat = Nat.INSTANCE
    alert_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    monthly_budget_usd: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 35
    starting_cash: Annotated[Decimal, Field(gt=0)] = Decimal(100_000)
    retention_days: Annotated[int, Field(strict=True, ge=8, le=3650)] = 400
    log_days: Annotated[int, Field(strict=True, ge=1)] = 30
    trade_log_lock: LockMode = LockMode.GOVERNANCE
    trade_log_days: Annotated[int, Field(strict=True, ge=1, le=3650)] = 365
    database_storage_gb: Annotated[int, Field(strict=True, ge=20, le=1000)] = 20
    broker_url: _Url | None = None
    broker_stream_url: _Url | None = None
    feed_url: _Url = "wss://socket.massive.com/stocks"
    feed_rest_url: _Url = "https://api.massive.com"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A checked deployment: `table` is what the stacks are built from, `trading_json` what the
    processes are given as QT_CONFIG.
    """

    table: DeploymentTable
    trading_json: str
    account: str
    mode: str
    symbols: tuple[str, ...]

    @property
    def is_live(self) -> bool:
        return self.mode == "LIVE"

    @property
    def sleeps(self) -> bool:
        """Whether container and database are off outside the session."""
        return self.table.session_profile is SessionProfile.MARKET_HOURS

    @property
    def endpoints(self) -> dict[str, str]:
        """The four addresses of broker and feed, by the names of their variables."""
        host = "api.alpaca.markets" if self.is_live else "paper-api.alpaca.markets"
        return {
            "QT_BROKER_URL": self.table.broker_url or f"https://{host}",
            "QT_BROKER_STREAM_URL": self.table.broker_stream_url or f"wss://{host}/stream",
            "QT_FEED_URL": self.table.feed_url,
            "QT_FEED_REST_URL": self.table.feed_rest_url,
        }


def read_deployment(context: Mapping[str, Any]) -> Deployment:
    """The deployment that the context names: `config` is a TOML file, and any key of the table
    `[deployment]` in the context goes before the file's.

    Raises DeploymentError that lists every problem at once.
    """
    named = context.get("config")
    path = DEFAULT_FILE if named is None else Path(str(named))
    values = {"mode": "PAPER", **_file(path)}
    table = values.pop("deployment", {})
    if isinstance(table, dict):
        overrides = {
            name: context[name] for name in DeploymentTable.model_fields if name in context
        }
        table = {**table, **{name: _typed(value) for name, value in overrides.items()}}
    found, problems = examined(values)
    checked, more = _checked(table)
    problems = [*problems, *_trading_problems(values), *more]
    if found is None or checked is None or problems:
        raise DeploymentError(listed(str(path), problems))
    return _deployment(found, checked, path)


def _file(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except ConfigurationError as problem:
        raise DeploymentError(str(problem)) from problem


def _typed(value: Any) -> Any:
    """Context given on a command line is text; numbers are meant as such."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _checked(table: Any) -> tuple[DeploymentTable | None, list[str]]:
    try:
        return DeploymentTable.model_validate(table), []
    except ValidationError as invalid:
        return None, [f"deployment.{each}" for each in said(invalid)]


def _trading_problems(values: Mapping[str, Any]) -> list[str]:
    problems = []
    if not values.get("symbols"):
        problems.append("symbols: expected the symbols to trade, was none")
    for index, strategy in enumerate(_tables(values.get("strategies"))):
        module, colon, _ = str(strategy.get("kind", "")).partition(":")
        if colon and module.split(".")[0] not in SHIPPED:
            problems.append(
                f"strategies.{index}.kind: expected a module of the functions' archive (put it"
                f" under functions/quantzoo/strategies), was {module!r}"
            )
    if values.get("mode") == "SIMULATED":
        problems.append("mode: expected PAPER or LIVE for a deployment, was 'SIMULATED'")
    return problems


def _tables(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _deployment(found: ConfigurationFile, table: DeploymentTable, path: Path) -> Deployment:
    try:
        trading = trading_config(found, symbols=found.symbols)
    except ConfigurationError as problem:
        raise DeploymentError(str(problem)) from problem
    text = json.dumps(msgspec.to_builtins(trading), separators=(",", ":"))
    if len(text) > LARGEST_CONFIG:
        expected = f"expected {LARGEST_CONFIG} bytes of configuration at most, was {len(text)}"
        raise DeploymentError(listed(str(path), [f"{expected}: fewer symbols or strategies"]))
    return Deployment(
        table=table,
        trading_json=text,
        account=trading.account,
        mode=trading.mode.value,
        symbols=trading.symbols,
    )
