"""A person re-arms trading, with a reason."""

from quantterminal.domain.halts import HaltCode
from quantterminal.domain.risk import HaltLevel
from quantterminal.services.flatten import FlattenRuntime
from quantterminal.services.working_state import load_state, rebuild_state


def resume(scope: str, *, actor: str, reason: str, desk: FlattenRuntime) -> bool:
    """Lift the halt of `scope`; False when it was not halted.

    After a drawdown the high-water mark begins anew at today's equity, because the old one would
    halt again at once. A daily-loss halt comes back with the next bar while the loss stands.
    """
    account = desk.trading.account
    halt = {each.scope: each for each in desk.halts.ledger.halts(account)}.get(scope)
    if halt is None or halt.level is HaltLevel.ACTIVE:
        return False
    if halt.code is HaltCode.DRAWDOWN:
        equity = load_state(account, state=desk.state, accounts=desk.accounts).equity()
        if equity is not None:
            now = desk.clock.now()
            desk.accounts.reset_high_water(account, equity=equity, actor=actor, at=now)
            rebuild_state(account, state=desk.state, accounts=desk.accounts)
    return desk.halts.lift(scope, actor=actor, reason=reason)
