"""What a deployment finds in the world: PostgreSQL, Valkey, a market with its feed and broker.

The local AWS keeps records of databases and caches, no servers. So the deployed secrets are taken
at their word: the real servers get the users, passwords and rights that were deployed, and only
host and port point here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import redis

from cli.configuration import read_configuration, trading_config
from local.plan import Keys, RunPlan
from local.processes.child import Child
from local.processes.local_aws import LocalAwsAddress
from local.processes.market import MarketPorts, start_market
from local.processes.postgres import Postgres, PostgresAddress, start_postgres
from local.processes.valkey import ValkeyAddress, new_address, start_valkey
from local.surroundings import Endpoints, local_endpoints, process_environment
from quantterminal.domain.configuration import TradingConfig
from tests.deploy_local.inventory import Inventory

KEYS = Keys("deploy-local-key", "deploy-local-secret", "deploy-local-feed")
CASH = Decimal(100_000)


@dataclass(slots=True)
class Ground:
    """Running servers; `adopt` fits the deployed secrets to them."""

    folder: Path
    trading: TradingConfig
    market: Child
    ports: MarketPorts
    postgres: Postgres
    valkey: Child
    cache: ValkeyAddress
    ledger: PostgresAddress | None = None

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock"

    @property
    def replaced(self) -> dict[str, str]:
        """What cannot mean on this machine what was deployed: the cache's TLS address, the demand
        for TLS to the database; and the time, which is the market's.
        """
        return {
            "QT_REDIS_URL": f"redis://127.0.0.1:{self.cache.port}/0",
            "PGSSLMODE": "disable",
            "QT_CLOCK_FILE": str(self.clock_file),
        }

    @property
    def endpoints(self) -> Endpoints:
        return local_endpoints(broker_port=self.ports.broker, feed_port=self.ports.feed)

    def configuration(self) -> Path:
        """A deployment file as an operator would write it, with the addresses of this market."""
        where = self.endpoints
        path = self.folder / "deployment.toml"
        path.write_text(
            f'mode = "PAPER"\nsymbols = {json.dumps(self.trading.symbols)}\n\n[deployment]\n'
            f'stage = "local"\nalert_email = "operator@example.com"\n'
            f'broker_url = "{where.broker}"\nbroker_stream_url = "{where.broker_stream}"\n'
            f'feed_url = "{where.feed}"\nfeed_rest_url = "{where.feed_rest}"\n'
        )
        return path

    def fill_secrets(self, inventory: Inventory) -> None:
        """The operator's step after the first deploy: the vendors' keys into the placeholders."""
        keys = {
            "BrokerSecretArn": {"key_id": KEYS.broker_key_id, "secret_key": KEYS.broker_secret},
            "FeedSecretArn": {"api_key": KEYS.feed_key},
        }
        for output, fields in keys.items():
            inventory.client("secretsmanager").put_secret_value(
                SecretId=inventory.output(output), SecretString=json.dumps(fields)
            )

    def adopt(self, variables: Mapping[str, str], address: LocalAwsAddress) -> None:
        """Make the users that a function's secrets name, with the rights that were deployed."""
        if (secret_id := variables.get("QT_DATABASE_SECRET_ID")) and self.ledger is None:
            self.ledger = self._adopt_database(address.client("secretsmanager"), secret_id)
        if secret_id := variables.get("QT_REDIS_SECRET_ID"):
            fields = _fields(address.client("secretsmanager"), secret_id)
            self._adopt_cache_user(fields, Inventory(address))

    def stop(self) -> None:
        for child in (self.market, self.valkey):
            child.stop(patience_s=2.0)
        self.postgres.stop()

    def _adopt_database(self, secrets: Any, secret_id: str) -> PostgresAddress:
        fields = _fields(secrets, secret_id)
        admin = self.postgres.address
        name, user = (psycopg.sql.Identifier(fields[key]) for key in ("dbname", "username"))
        with psycopg.connect(admin.url, autocommit=True) as connection:
            if connection.execute(
                "select 1 from pg_roles where rolname = %s", (fields["username"],)
            ).fetchone():
                make = psycopg.sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
            else:
                make = psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(make.format(user, psycopg.sql.Literal(fields["password"])))
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {} OWNER {}").format(name, user))
        here = {**fields, "host": admin.host, "port": str(admin.port)}
        secrets.put_secret_value(SecretId=secret_id, SecretString=json.dumps(here))
        return PostgresAddress(
            admin.host, admin.port, fields["username"], fields["password"], fields["dbname"]
        )

    def _adopt_cache_user(self, fields: Mapping[str, str], inventory: Inventory) -> None:
        """The rights come from the deployed template: the local AWS tells them in broken XML."""
        [rights] = [
            each["Properties"]["AccessString"]
            for each in inventory.template_resources().values()
            if each["Type"] == "AWS::ElastiCache::User"
        ]
        rules = ("reset", f">{fields['password']}", *rights.split())
        with redis.Redis.from_url(self.cache.url) as client:
            client.execute_command("ACL", "SETUSER", fields["username"], *rules)


def start_ground(folder: Path, *, logs: Path, bars: Path, symbols: tuple[str, ...]) -> Ground:
    """Start all of it, the market held at its first instant."""
    trading = trading_config(read_configuration(None), symbols=symbols)
    plan = RunPlan(trading=trading, speed=0, bars=(bars,), cash=CASH)
    market, ports = start_market(
        plan,
        keys=KEYS,
        clock_file=folder / "clock",
        environment=process_environment(),
        folder=folder,
        logs=logs,
    )
    try:
        postgres = start_postgres(folder, logs=logs)
        try:
            cache = new_address()
            valkey = start_valkey(cache, folder, logs=logs)
        except BaseException:
            postgres.stop()
            raise
    except BaseException:
        market.stop()
        raise
    return Ground(folder, trading, market, ports, postgres, valkey, cache)


def _fields(secrets: Any, secret_id: str) -> dict[str, str]:
    text = secrets.get_secret_value(SecretId=secret_id)["SecretString"]
    return {name: str(value) for name, value in json.loads(text).items()}
