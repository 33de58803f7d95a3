"""Reading the working state, which may have gone at any instant."""

from quantterminal.domain.errors import RetryableError
from quantterminal.ports.ledger import AccountLedger, Applied
from quantterminal.ports.state import StateStore, WorkingState


def load_state(account: str, *, state: StateStore, accounts: AccountLedger) -> WorkingState:
    """The account's working state, rebuilt from the ledger when it is absent or incomplete.

    Raises RetryableError when it is still incomplete after a rebuild (somebody flushed it again).
    """
    found = state.read(account)
    if found is None:
        found = rebuild_state(account, state=state, accounts=accounts)
    return found


def rebuild_state(account: str, *, state: StateStore, accounts: AccountLedger) -> WorkingState:
    """Replace the working state by the ledger's books and read it.

    It is made absent first: what others learn in between would be lost under the books.
    """
    state.clear(account)
    state.rebuild(account, accounts.rebuild(account))
    found = state.read(account)
    if found is None:
        raise RetryableError("Expected a working state after its rebuild, was none")
    return found


def project(account: str, applied: Applied, *, state: StateStore, accounts: AccountLedger) -> None:
    """Show the ledger's change in the working state; rebuild the state when it has gone."""
    if not state.project(account, applied):
        rebuild_state(account, state=state, accounts=accounts)
