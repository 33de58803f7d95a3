"""C25: a change of the limits acts at once where it is tighter, else from the next session on."""

from dataclasses import replace
from datetime import date, timedelta

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.risk import effective_limits, limits_as_text, limits_from_text
from quantterminal.domain.sessions import new_york_date
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import AccountLedger

KIND = "limits"
"""The journal's rows of what an account took up, `ref` is the session's date."""
_A_DAY = timedelta(days=1)


class LimitsInForce:
    """The account's configuration with the limits that hold now; the journal is read once a day.

    Nothing is in force before the day's session began. Limits that turn out tighter than the last
    ones of the session are noted, so that what was tightened stays so until the next.
    """

    def __init__(self, trading: TradingConfig, accounts: AccountLedger, clock: Clock) -> None:
        self._trading, self._accounts, self._clock = trading, accounts, clock
        self._known: tuple[date, TradingConfig] | None = None

    def trading(self) -> TradingConfig:
        now = self._clock.now()
        day = new_york_date(now)
        if self._known is not None and self._known[0] == day:
            return self._known[1]
        account, wanted = self._trading.account, self._trading.limits
        payload = self._accounts.noted(account, kind=KIND, ref=day.isoformat(), since=now - _A_DAY)
        if payload is None:
            return self._trading
        in_force = limits_from_text(payload, absent=wanted)
        limits = effective_limits(in_force, wanted, since=day, session=day)
        if limits != in_force:
            self._accounts.note(
                account, kind=KIND, ref=day.isoformat(), payload=limits_as_text(limits), at=now
            )
        self._known = (day, replace(self._trading, limits=limits))
        return self._known[1]
