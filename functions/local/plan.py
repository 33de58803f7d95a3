"""What one run is asked to do, after the command line and the configuration have been checked."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from quantterminal.domain.configuration import TradingConfig


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials for the real services; in a local run they are drawn for that run."""

    broker_key_id: str
    broker_secret: str
    feed_key: str


@dataclass(frozen=True, slots=True)
class RunPlan:
    """`speed` is market seconds per real second, 0 means as fast as the pipeline allows.

    `bars` empty means the synthetic market of `seed` with `sessions` sessions. `keys` are given
    exactly when the run uses the vendors' own feed and paper broker.
    """

    trading: TradingConfig
    speed: float
    bars: tuple[Path, ...] = ()
    seed: int = 7
    sessions: int = 250
    cash: Decimal = Decimal(100_000)
    exits: bool = False
    as_json: bool = False
    port: int = 8420
    keep: bool = False
    run_dir: Path | None = None
    keys: Keys | None = None

    @property
    def is_stepped(self) -> bool:
        return self.speed == 0

    @property
    def is_local_market(self) -> bool:
        return self.keys is None

    @property
    def source(self) -> str:
        """Where the prices come from, as the page shows it."""
        if not self.is_local_market:
            return "polygon feed, alpaca paper broker"
        return "recorded bars" if self.bars else f"synthetic market, seed {self.seed}"

    @property
    def pace(self) -> str:
        return "max" if self.is_stepped else f"{self.speed:g}x"
