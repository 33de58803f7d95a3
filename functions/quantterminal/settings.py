"""What a process must be told: the trading configuration and where its parts are.

The configuration is validated once, in the command line or at deploy (`cli.configuration`), and
shipped as frozen JSON; here it is only decoded. All missing names are reported at once.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's view of its surroundings. Secrets are named here, never held."""

    trading: TradingConfig
    environment: Mapping[str, str]

    def need(self, name: str) -> str:
        """The value of an environment variable that this process cannot do without."""
        value = self.environment.get(name, "")
        if not value:
            raise ConfigurationError(f"Expected {name} in the environment, was missing")
        return value

    @property
    def release(self) -> str:
        """The code and the configuration of this process: what an order was decided by."""
        digest = hashlib.sha256(self.need("QT_CONFIG").encode()).hexdigest()[:12]
        return f"{self.get('QT_CODE_VERSION')}:{digest}"

    def get(self, name: str, default: str = "") -> str:
        return self.environment.get(name, default)


# What each variable means; tests hold the README and the CDK stacks against this table.
VARIABLES: dict[str, str] = {
    "QT_CONFIG": "the trading configuration as JSON",
    "QT_QUEUE_URLS": "JSON object: queue name -> SQS URL",
    "QT_EVENT_BUS": "name of the EventBridge bus",
    "QT_ALERT_TOPIC_ARN": "SNS topic for the operator",
    "QT_BUCKET": "bucket of reports and trade log",
    "QT_REDIS_URL": "redis://host:port/db of the working state (rediss:// in AWS)",
    "QT_DATABASE_SECRET_ID": "secret with host, port, dbname, username, password",
    "QT_BROKER_SECRET_ID": "secret with key_id and secret_key",
    "QT_FEED_SECRET_ID": "secret with api_key",
    "QT_BROKER_URL": "base URL of the broker's REST API, without /v2",
    "QT_BROKER_STREAM_URL": "ws(s):// URL of the broker's order stream",
    "QT_FEED_URL": "ws(s):// URL of the market-data stream",
    "QT_FEED_REST_URL": "base URL of the market-data REST API",
    "QT_CODE_VERSION": "git SHA of the deployed code",
    "QT_SOCKET_URL": "URL through which messages are pushed to the live sockets",
}
# What only the cloud has: a run on one machine starts and stops its parts itself.
CLOUD_VARIABLES: dict[str, str] = {
    "QT_REDIS_SECRET_ID": "secret with username and password of the working state",
    "QT_OPERATOR_GROUP": "group of the sign-in whose members may do more than look",
    "QT_CONTAINER_SERVICE": "cluster/service of the ingest container",
    "QT_DATABASE_INSTANCE": "identifier of the database instance",
    "QT_RETENTION_DAYS": "days that bars and refused bars are kept",
    "QT_STARTING_CASH": "dollars that the account is opened with",
}
OPTIONAL_VARIABLES: dict[str, str] = {
    "QT_CLOCK_FILE": "shared clock of a replay; the real time when absent",
    "QT_HEALTH_PORT": "loopback port of the container's health page",
    "QT_SOURCE": "label of where the data comes from, shown on the dashboard",
    "QT_SPEED": "label of how fast a replay runs, shown on the dashboard",
    "QT_FEED_STALL_AFTER_S": "real seconds without data until the feed reconnects; 0 is never",
    "QT_FEED_CHANNELS": "what is subscribed of AM, Q, T and others; bars are built of T without AM",
    "QT_QUOTES_EVERY_MS": "a quote of a symbol is stored once in so many milliseconds; 0 is all",
    "QT_SPOOL_FOLDER": "where ticks wait while the database is away; a temporary one when absent",
    "AWS_ENDPOINT_URL": "the local AWS of a one-machine run",
}


def read_settings(
    environment: Mapping[str, str] | None = None, *, need: tuple[str, ...] = ()
) -> Settings:
    """Settings from the environment (the process's own by default).

    Raises ConfigurationError that lists every missing name of `need`, or what is wrong with the
    configuration's JSON.
    """
    values = dict(os.environ if environment is None else environment)
    missing = [name for name in ("QT_CONFIG", *need) if not values.get(name)]
    if missing:
        raise ConfigurationError(f"Expected in the environment, but missing: {', '.join(missing)}")
    try:
        trading = msgspec.json.decode(values["QT_CONFIG"], type=TradingConfig)
    except msgspec.MsgspecError as problem:
        raise ConfigurationError(f"QT_CONFIG: {problem}") from problem
    return Settings(trading=trading, environment=values)
