"""May this strategy trade this symbol at this instant, whatever the order's terms?"""

from datetime import timedelta

from quantterminal.domain.risk.levels import Denial, DenialCode, HaltLevel, SymbolFlag
from quantterminal.domain.risk.limits import RiskLimits
from quantterminal.domain.risk.orders import Origin, Proposal, RiskSnapshot
from quantterminal.domain.risk.worst_case import closes_its_own, is_reducing
from quantterminal.domain.sessions import session_at
from quantterminal.domain.signals import Side


def halt(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    """Rule 0. HALTED lets only a person's reducing order pass, REDUCE_ONLY any reducing order.

    What reduces the account by opening a position of its own strategy is an entry all the same:
    it would take the place of the exit of whoever holds the shares.
    """
    level, scope = snapshot.level_for(proposal.strategy, proposal.symbol)
    if level is HaltLevel.ACTIVE:
        return None
    reducing = is_reducing(proposal, snapshot) and closes_its_own(proposal)
    if level is HaltLevel.HALTED and not (reducing and proposal.origin is Origin.FLATTEN):
        return Denial(DenialCode.HALTED, f"{scope} is HALTED")
    if not reducing:
        return Denial(
            DenialCode.REDUCE_ONLY, f"{scope} is REDUCE_ONLY and the order opens exposure"
        )
    return None


def symbol_allowed(
    proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits
) -> Denial | None:
    if proposal.symbol in snapshot.allowed_symbols or proposal.origin is Origin.FLATTEN:
        return None
    return Denial(
        DenialCode.SYMBOL_NOT_ALLOWED, f"{proposal.symbol} is not in the configured universe"
    )


def symbol_restricted(
    proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits
) -> Denial | None:
    """C15: what is held of a restricted symbol may be sold off, nothing may be added."""
    if proposal.symbol not in limits.restricted_symbols or is_reducing(proposal, snapshot):
        return None
    return Denial(DenialCode.SYMBOL_RESTRICTED, f"{proposal.symbol} is on the restricted list")


def symbol_flagged(
    proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits
) -> Denial | None:
    """C16: no new exposure in a symbol that is halted, at a price band, or splits today."""
    flag = snapshot.flags.get(proposal.symbol)
    if flag is None or is_reducing(proposal, snapshot):
        return None
    if flag is SymbolFlag.SSR and proposal.side is Side.BUY:
        return None
    return Denial(DenialCode.SYMBOL_FLAGGED, f"{proposal.symbol} is flagged {flag}")


def in_session(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    if session_at(snapshot.now) is not None:
        return None
    return Denial(
        DenialCode.OUTSIDE_SESSION,
        f"Expected a regular session for {proposal.symbol}, was {snapshot.now.isoformat()}",
    )


def session_edges(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C17: no entries in the first and the last minutes, of half days too; exits are managed."""
    first, last = limits.no_entry_first_minutes, limits.no_entry_last_minutes
    if not (first or last):
        return None
    session = session_at(snapshot.now)
    if session is None or is_reducing(proposal, snapshot):
        return None
    begins = session.open + timedelta(minutes=first)
    ends = session.close - timedelta(minutes=last)
    if begins <= snapshot.now < ends:
        return None
    return Denial(
        DenialCode.SESSION_EDGE,
        f"Expected an entry from {begins.isoformat()} and before {ends.isoformat()},"
        f" was {snapshot.now.isoformat()}",
    )


def fresh_intent(proposal: Proposal, snapshot: RiskSnapshot, _limits: RiskLimits) -> Denial | None:
    if snapshot.now <= proposal.valid_until:
        return None
    return Denial(
        DenialCode.INTENT_EXPIRED,
        f"Valid until {proposal.valid_until.isoformat()}, now {snapshot.now.isoformat()}",
    )


def fresh_data(proposal: Proposal, snapshot: RiskSnapshot, limits: RiskLimits) -> Denial | None:
    """C11: a decision on an old bar is a decision on a market that is gone."""
    age = snapshot.now - proposal.bar_end
    if age <= timedelta(seconds=limits.max_bar_age_s):
        return None
    return Denial(
        DenialCode.STALE_DATA,
        f"Expected a bar of at most {limits.max_bar_age_s} s, was {age.total_seconds():.0f} s old",
    )
