"""From a signal to the order that it stands for: side, size, limit price and life.

The live risk service and the backtester both ask here, so that the same signal on the same books
is the same order in both.
"""

from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from quantterminal.domain.configuration import TradingConfig
from quantterminal.domain.money import offset_by_bps, round_limit
from quantterminal.domain.risk import Denial, DenialCode, Origin, Proposal
from quantterminal.domain.signals import Action, Side, Signal, intent_id

_ONE_SHARE = Decimal(1)


def propose(  # noqa: PLR0913 - everything that an order follows from
    signal: Signal,
    held: Decimal,
    *,
    attempt: int,
    reference: Decimal,
    bar_end: datetime,
    now: datetime,
    day_open_equity: Decimal,
    trading: TradingConfig,
    origin: Origin = Origin.STRATEGY,
) -> Proposal:
    """The order that `signal` asks for, not yet allowed.

    `held` is the strategy's own signed position, `reference` the price in dollars that the limit
    is set from, `bar_end` the end of the bar that this price comes from.
    """
    side, quantity = side_and_quantity(
        signal,
        held,
        reference=reference,
        notional=day_open_equity * trading.execution.order_fraction,
    )
    offset = trading.execution.limit_offset_bps * side.sign
    return Proposal(
        intent_id=intent_id(signal, attempt),
        strategy=signal.strategy,
        symbol=signal.symbol,
        side=side,
        quantity=quantity,
        limit_price=round_limit(offset_by_bps(reference, offset), side_is_buy=side is Side.BUY),
        reference_price=reference,
        bar_end=bar_end,
        valid_until=now + timedelta(seconds=trading.limits.intent_life_s),
        origin=origin,
        held=held,
    )


def side_and_quantity(
    signal: Signal, held: Decimal, *, reference: Decimal, notional: Decimal
) -> tuple[Side, Decimal]:
    """A close is whatever is held, or the part of it that is asked for; any other order without a
    quantity is `notional` in whole shares.
    """
    if signal.action is Action.CLOSE:
        part = abs(held) if signal.quantity is None else min(Decimal(signal.quantity), abs(held))
        return (Side.SELL if held > 0 else Side.BUY), part
    side = Side.BUY if signal.action is Action.BUY else Side.SELL
    if signal.quantity is not None:
        return side, Decimal(signal.quantity)
    return side, (notional / reference).quantize(_ONE_SHARE, rounding=ROUND_FLOOR)


def nothing_to_close(proposal: Proposal, signal: Signal) -> Denial | None:
    """Asked before the rules: a close of nothing would fail on its quantity, which misleads."""
    if signal.action is Action.CLOSE and not proposal.quantity:
        return Denial(
            DenialCode.NOTHING_TO_CLOSE,
            f"{proposal.strategy} holds nothing in {proposal.symbol}",
        )
    return None
