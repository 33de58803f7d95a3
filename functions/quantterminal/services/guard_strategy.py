"""Stopping a strategy by what its own orders came to, as the ledger has it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.orders import EXTERNAL, Order
from quantterminal.domain.risk import HaltLevel
from quantterminal.domain.sessions import new_york_date, session_on
from quantterminal.domain.strategy_breaker import Tally
from quantterminal.ports.activity import ActivityLedger
from quantterminal.ports.ledger import AccountLedger
from quantterminal.services.halting import HaltDesk
from quantterminal.services.working_state import load_state


@dataclass(frozen=True, slots=True)
class StrategyGuard:
    """Looks at one outcome at a time, right after the ledger has it."""

    trading: TradingConfig
    activity: ActivityLedger
    accounts: AccountLedger
    halts: HaltDesk

    def look_at(self, order: Order) -> None:
        """Raise the halt that the outcome of `order` calls for, if any. Safe to repeat."""
        if order.strategy == EXTERNAL:
            return
        account, scope = self.trading.account, f"strategy:{order.strategy}"
        outcomes = self.activity.outcomes(account, order.strategy, since=self._since(scope))
        causes = [each for each in outcomes if each.intent_id == order.intent_id]
        if not causes:
            return
        state = load_state(account, state=self.halts.state, accounts=self.accounts)
        verdict = Tally(outcomes).verdict(
            causes[0], self.trading.limits, day_open_equity=state.day_open_equity
        )
        if verdict is not None:
            level, code, reason = verdict
            self.halts.raise_halt(scope, level, code=code, reason=reason, actor="breaker")

    def _since(self, scope: str) -> datetime:
        """The open, or when a person last let the strategy go on, if that was later."""
        now = self.halts.clock.now()
        session = session_on(new_york_date(now))
        begin = now - timedelta(days=1) if session is None else session.open
        lifted = [
            halt.at
            for halt in self.halts.ledger.halts(self.trading.account)
            if halt.scope == scope and halt.level is HaltLevel.ACTIVE
        ]
        return max([begin, *lifted])
