"""The trading day: what happens once at its open and once at its close."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.events import CancelOrders, EventName, Message
from quantterminal.domain.risk import limits_as_text
from quantterminal.domain.sessions import new_york_date, session_on
from quantterminal.ports.bus import Bus, Outgoing
from quantterminal.ports.clock import Clock
from quantterminal.ports.ledger import AccountLedger
from quantterminal.ports.state import StateStore
from quantterminal.services.announce import Announcer
from quantterminal.services.halting import HaltDesk
from quantterminal.services.limits_in_force import KIND as LIMITS
from quantterminal.services.working_state import load_state, rebuild_state
from quantterminal.topology import ORDERS


@dataclass(frozen=True, slots=True)
class SessionRuntime:
    trading: TradingConfig
    clock: Clock
    accounts: AccountLedger
    state: StateStore
    bus: Bus
    halts: HaltDesk
    announcer: Announcer


def open_session(runtime: SessionRuntime, day: date) -> bool:
    """Begin `day`: its opening equity, and the end of yesterday's daily-loss halt. Once a day.

    False when the day has begun already; what a crash left undone then is made good.
    """
    account = runtime.trading.account
    state = load_state(account, state=runtime.state, accounts=runtime.accounts)
    equity = state.equity()
    opening = state.day_open_equity if equity is None else equity
    now = runtime.clock.now()
    begun = runtime.accounts.begin_session(account, day=day, equity=opening, at=now)
    runtime.halts.lift_for_new_session(day)
    if begun or state.session_day is None or state.session_day < day:
        rebuild_state(account, state=runtime.state, accounts=runtime.accounts)
    if not begun:
        return False
    runtime.accounts.note(
        account,
        kind=LIMITS,
        ref=day.isoformat(),
        payload=limits_as_text(runtime.trading.limits),
        at=now,
    )
    runtime.announcer.announce(
        EventName.SESSION_OPENED,
        f"Session {day.isoformat()} opened with equity {opening:.2f}",
        ref=day.isoformat(),
        equity=str(opening),
    )
    return True


def close_session(runtime: SessionRuntime, day: date) -> bool:
    """End `day`: ask for the cancel of everything that still works. Told once a day.

    The request is repeated with each knock, under the same id: it must not be lost in a crash.
    """
    account = runtime.trading.account
    now = runtime.clock.now()
    message = Message(
        id=f"cancel-all:{account}:close:{day.isoformat()}",
        correlation_id=f"close:{day.isoformat()}",
        causation_id=f"close:{day.isoformat()}",
        occurred_at=now,
        payload=CancelOrders(account, reason="session close"),
    )
    runtime.bus.send([Outgoing(ORDERS, f"{account}:cancel", message)])
    if not runtime.accounts.once(account, name="session-close", key=day.isoformat(), at=now):
        return False
    equity = load_state(account, state=runtime.state, accounts=runtime.accounts).equity()
    runtime.announcer.announce(
        EventName.SESSION_CLOSED,
        f"Session {day.isoformat()} closed with equity {equity or Decimal(0):.2f}",
        ref=day.isoformat(),
        equity=str(equity),
    )
    return True


def knock(runtime: SessionRuntime, action: str) -> bool:
    """A schedule's knock: act only if the calendar says that it is the time; False otherwise."""
    now = runtime.clock.now()
    day = new_york_date(now)
    session = session_on(day)
    if session is None:
        return False
    if action == "open" and session.contains(now):
        return open_session(runtime, day)
    if action == "close" and now >= session.close:
        return close_session(runtime, day)
    return False
