"""What the market process is told: one JSON file, every problem in it named at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

DEFAULT_SYMBOLS = ("ALDR", "BRKT", "CYGN", "DELV", "EMBR")
_ALPACA_LIMIT = 200
_NO_LIMIT = 1_000_000


class ConfigError(Exception):
    """A configuration that cannot be used; the text lists every problem."""


@dataclass(frozen=True, slots=True)
class SyntheticConfig:
    seed: int
    symbols: tuple[str, ...]
    start: date
    sessions: int
    warmup_minutes: int


@dataclass(frozen=True, slots=True)
class MarketConfig:
    """Either `bars` (files) or `synthetic`; `speed` 0 means stepped by the control API.

    `rate_limit` is requests a real minute: Alpaca's 200 at speed 1, and practically none at other
    speeds, where a minute of the market is no minute of the clock on the wall.
    """

    feed_port: int
    broker_port: int
    control_port: int
    clock_file: Path
    speed: float
    paused: bool
    bars: tuple[Path, ...]
    synthetic: SyntheticConfig
    starting_cash: Decimal
    participation: Decimal
    api_key: str
    api_secret: str
    feed_key: str
    connection_limit: int
    rate_limit: int


def load_config(path: Path) -> MarketConfig:
    """Raises ConfigError for a file that cannot be read and for every value that cannot be used."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"Expected a readable JSON file at {path}, was: {error}") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"Expected a JSON object in {path}, was {type(raw).__name__}")
    return parse_config(raw)


def parse_config(raw: Mapping[str, Any]) -> MarketConfig:
    """The same from values that were read already."""
    fields = _Fields(raw, prefix="")
    speed = fields.speed()
    nested = raw.get("synthetic") or {}
    synthetic = _Fields(nested if isinstance(nested, dict) else {}, prefix="synthetic.")
    if not isinstance(nested, dict):
        fields.problems.append(f"synthetic: expected an object, was {nested!r}")
    config = MarketConfig(
        feed_port=fields.integer("feed_port", 0, most=65535),
        broker_port=fields.integer("broker_port", 0, most=65535),
        control_port=fields.integer("control_port", 0, most=65535),
        clock_file=Path(fields.text("clock_file")),
        speed=speed,
        paused=fields.flag("paused"),
        bars=tuple(Path(name) for name in fields.texts("bars", ())),
        synthetic=_synthetic(synthetic),
        starting_cash=fields.decimal("starting_cash", "100000"),
        participation=fields.decimal("participation", "0.1"),
        api_key=fields.text("api_key"),
        api_secret=fields.text("api_secret"),
        feed_key=fields.text("feed_key"),
        connection_limit=fields.integer("connection_limit", 1, least=1),
        rate_limit=fields.integer(
            "rate_limit", _ALPACA_LIMIT if speed == 1 else _NO_LIMIT, least=1
        ),
    )
    problems = fields.all_problems() + synthetic.all_problems()
    if problems:
        raise ConfigError("; ".join(problems))
    return config


def _synthetic(fields: "_Fields") -> SyntheticConfig:
    return SyntheticConfig(
        seed=fields.integer("seed", 1, least=-(2**63)),
        symbols=fields.texts("symbols", DEFAULT_SYMBOLS),
        start=fields.day("start", date(2024, 3, 4)),
        sessions=fields.integer("sessions", 1, least=1),
        warmup_minutes=fields.integer("warmup_minutes", 60),
    )


class _Fields:
    """Reads values one by one and collects what is wrong with them."""

    def __init__(self, raw: Mapping[str, Any], *, prefix: str) -> None:
        self._raw = raw
        self._prefix = prefix
        self._known: set[str] = {"synthetic"} if not prefix else set()
        self.problems: list[str] = []

    def all_problems(self) -> list[str]:
        unknown = sorted(set(self._raw) - self._known)
        return self.problems + [f"{self._prefix}{name}: is not a setting" for name in unknown]

    def text(self, name: str) -> str:
        value = self._take(name, None)
        if isinstance(value, str) and value:
            return value
        self._refuse(name, "a text", value)
        return "-"

    def texts(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._take(name, default)
        if value is default:
            return default
        are_texts = isinstance(value, list) and all(isinstance(v, str) and v for v in value)
        if are_texts and value and len(set(value)) == len(value):
            return tuple(value)
        self._refuse(name, "a list of different texts", value)
        return default

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 2**63) -> int:
        value = self._take(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._refuse(name, f"a whole number from {least} to {most}", value)
        return default

    def flag(self, name: str) -> bool:
        value = self._take(name, default=False)
        if not isinstance(value, bool):
            self._refuse(name, "true or false", value)
        return bool(value)

    def decimal(self, name: str, default: str) -> Decimal:
        value = self._take(name, default)
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and number > 0:
            return number
        self._refuse(name, "a number above 0", value)
        return Decimal(default)

    def day(self, name: str, default: date) -> date:
        value = self._take(name, default.isoformat())
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self._refuse(name, "a date as YYYY-MM-DD", value)
            return default

    def speed(self) -> float:
        value = self._take("speed", 1)
        if value == "max":
            return 0.0
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return float(value)
        self._refuse("speed", 'a number above 0, or 0 or "max" for as fast as possible', value)
        return 0.0

    def _take(self, name: str, default: Any) -> Any:
        self._known.add(name)
        value = self._raw.get(name)
        return default if value is None else value

    def _refuse(self, name: str, expected: str, value: Any) -> None:
        self.problems.append(f"{self._prefix}{name}: expected {expected}, was {value!r}")
