"""The ledger of a new run: its schema and its account, before the first process may write."""

import random
from datetime import datetime
from decimal import Decimal

from local.errors import UsageError
from local.plan import Keys
from quantterminal.adapters.alpaca.client import AlpacaBroker
from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.domain.errors import QuantTerminalError


def paper_cash(keys: Keys, *, url: str) -> Decimal:
    """The cash of the paper account, which the ledger begins with.

    Raises UsageError when the broker does not answer for these keys.
    """
    broker = AlpacaBroker(
        base_url=url,
        key_id=keys.broker_key_id,
        secret_key=keys.broker_secret,
        draw=random.random,
    )
    try:
        return broker.account().cash
    except QuantTerminalError as problem:
        raise UsageError(f"Expected the paper account to answer, but: {problem}") from problem


def prepare_ledger(url: str, *, account: str, cash: Decimal, at: datetime) -> None:
    """Bring the schema up to date and open the account, flat, with that cash."""
    migrate(url)
    database = Database(lambda: url)
    PostgresAccountLedger(database).open_account(account, cash=cash, at=at)
    database.close()
