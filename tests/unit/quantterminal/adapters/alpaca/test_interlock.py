import pytest

from quantterminal.adapters.alpaca.interlock import check_account, check_address
from quantterminal.domain.configuration import BrokerPin, Mode
from quantterminal.domain.errors import ConfigurationError

PAPER, LIVE = "https://paper-api.alpaca.markets", "https://api.alpaca.markets"
LOCAL = "http://127.0.0.1:8080"
OPEN = BrokerPin()


@pytest.mark.parametrize(
    ("mode", "base_url", "key_id", "is_allowed"),
    [
        (Mode.SIMULATED, LOCAL, "LOCALKEY", True),
        (Mode.SIMULATED, PAPER, "PK1", False),
        (Mode.SIMULATED, LIVE, "AK1", False),
        (Mode.PAPER, PAPER, "PK1", True),
        (Mode.PAPER, PAPER, "AK1", False),
        (Mode.PAPER, PAPER, "", False),
        (Mode.PAPER, LIVE, "PK1", False),
        (Mode.PAPER, LIVE, "AK1", False),
        (Mode.PAPER, LOCAL, "LOCALKEY", True),
        (Mode.PAPER, "https://API.ALPACA.MARKETS:443/", "AK1", False),
        (Mode.PAPER, "https://other.alpaca.markets", "PK1", False),
        (Mode.LIVE, LIVE, "AK1", True),
        (Mode.LIVE, LIVE, "PK1", False),
        (Mode.LIVE, PAPER, "AK1", False),
        (Mode.LIVE, LOCAL, "AK1", False),
        (Mode.LIVE, "https://api.alpaca.markets.example", "AK1", False),
    ],
)
def test_mode_address_and_key_are_of_one_environment(
    mode: Mode, base_url: str, key_id: str, *, is_allowed: bool
) -> None:
    if is_allowed:
        check_address(mode, OPEN, base_url=base_url, key_id=key_id)
        return
    with pytest.raises(ConfigurationError, match="Expected"):
        check_address(mode, OPEN, base_url=base_url, key_id=key_id)


@pytest.mark.parametrize(
    "pin", [BrokerPin(base_url=PAPER), BrokerPin(key_prefix="PKX"), BrokerPin(base_url=LIVE)]
)
def test_a_pin_holds_for_a_broker_of_our_own_too(pin: BrokerPin) -> None:
    with pytest.raises(ConfigurationError):
        check_address(Mode.SIMULATED, pin, base_url=LOCAL, key_id="PK1")


def test_what_is_pinned_passes() -> None:
    pin = BrokerPin(base_url=f"{LOCAL}/", key_prefix="PK1")
    check_address(Mode.SIMULATED, pin, base_url=LOCAL, key_id="PK12")


def test_a_refusal_never_tells_the_key() -> None:
    with pytest.raises(ConfigurationError) as raised:
        check_address(Mode.PAPER, OPEN, base_url=PAPER, key_id="AKSECRETID")
    assert "SECRETID" not in str(raised.value)


def test_the_key_must_open_the_pinned_account() -> None:
    pin = BrokerPin(account_number="123456789")

    check_account(pin, number="123456789")
    check_account(OPEN, number="anything")
    for number in ("987654321", ""):
        with pytest.raises(ConfigurationError, match="pinned account"):
            check_account(pin, number=number)
