"""C26: paper keys never reach the live broker, nor a simulation anybody's."""

from urllib.parse import urlsplit

from quantterminal.domain.configuration import BrokerPin, Mode
from quantterminal.domain.errors import ConfigurationError

_VENDOR = "alpaca.markets"
# Alpaca: each environment has its own host and key ids that begin with two letters of their own.
_HOSTS = {Mode.PAPER: "paper-api.alpaca.markets", Mode.LIVE: "api.alpaca.markets"}
_PREFIXES = {Mode.PAPER: "PK", Mode.LIVE: "AK"}


def check_address(mode: Mode, pin: BrokerPin, *, base_url: str, key_id: str) -> None:
    """Raise ConfigurationError unless mode, address, key and pin are of one environment.

    A host that is not the vendor's is a broker of our own; only LIVE may not have one.
    """
    host = urlsplit(base_url).hostname or ""
    is_vendors = host == _VENDOR or host.endswith(f".{_VENDOR}")
    if is_vendors or mode is Mode.LIVE:
        if host != _HOSTS.get(mode):
            expected = _HOSTS.get(mode, "a broker on this machine")
            raise ConfigurationError(f"Expected {expected} for mode {mode}, was {host!r}")
        _expect_prefix(_PREFIXES[mode], key_id)
    if pin.base_url and pin.base_url.rstrip("/") != base_url.rstrip("/"):
        raise ConfigurationError(f"Expected the pinned {pin.base_url}, was {base_url}")
    _expect_prefix(pin.key_prefix, key_id)


def check_account(pin: BrokerPin, *, number: str) -> None:
    """Raise ConfigurationError unless the key opens the account that is pinned."""
    if pin.account_number and number != pin.account_number:
        raise ConfigurationError(
            "Expected the key to open the pinned account, was one whose number ends in"
            f" {number[-3:]!r}"
        )


def _expect_prefix(prefix: str, key_id: str) -> None:
    if not key_id.startswith(prefix):
        raise ConfigurationError(
            f"Expected a key id that begins with {prefix!r}, was {key_id[:2]!r}"
        )
