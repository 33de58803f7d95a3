"""The starts of the system, and with what code and configuration: deploys follow from them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SystemStart:
    """`source` is what began (`container`, or `deploy` for the deploy step), `config` the trading
    configuration as JSON.
    """

    account: str
    at: datetime
    mode: str
    source: str
    code_version: str
    config: str


class RunLog(Protocol):
    def note(self, start: SystemStart) -> None:
        """Write it down; the same one again changes nothing. Raises RetryableError when the ledger
        cannot be written now.
        """
        ...
