"""One small trading day, 2013-10-07, that the report tests share; figures are easy by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from quantterminal.domain.configuration import Mode, StrategyConfig, TradingConfig
from quantterminal.domain.report import EquityAt, HaltRaised
from quantterminal.domain.signals import Side
from quantterminal.domain.trading_day import trading_day
from quantterminal.ports.report_ledger import (
    DayRecords,
    FillRecord,
    Mark,
    OrderRecord,
    Tally,
)

DAY = date(2013, 10, 7)
WINDOW = trading_day(DAY)
OPEN = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)
TRADING = TradingConfig(
    account="demo",
    mode=Mode.SIMULATED,
    symbols=("SPY", "IBM"),
    strategies=(StrategyConfig("momentum", "momentum"), StrategyConfig("idle", "momentum")),
)


def at(minutes: float) -> datetime:
    """That many minutes after the open."""
    return OPEN + timedelta(minutes=minutes)


def fill(
    side: Side,
    quantity: int,
    price: str,
    minutes: float,
    *,
    strategy: str = "momentum",
    symbol: str = "SPY",
    reference: str | None = None,
) -> FillRecord:
    return FillRecord(
        strategy,
        symbol,
        side,
        Decimal(quantity),
        Decimal(price),
        at(minutes),
        None if reference is None else Decimal(reference),
    )


def order(
    name: str,
    *,
    strategy: str = "momentum",
    status: str = "filled",
    reason: str = "",
    submitted: float | None = 1.0,
    completed: float | None = None,
    latency_us: int | None = None,
    is_external: bool = False,
) -> OrderRecord:
    return OrderRecord(
        client_order_id=name,
        strategy=strategy,
        status=status,
        reason=reason,
        is_external=is_external,
        submitted_at=None if submitted is None else at(submitted),
        completed_at=None if completed is None else at(completed),
        latency_us=latency_us,
    )


def mark(symbol: str, minutes: int, price: str) -> Mark:
    return Mark(symbol, at(minutes), Decimal(price))


# Momentum carries 10 SPY in at 100 (last price 102), sells them at 103, buys 20 at 101 and ends
# with them at 104: realised 10 x (103 - 100) = 30; total 10 x (103 - 102) + 20 x (104 - 101) = 70.
RECORDS = DayRecords(
    orders=(
        order("one", completed=1.4, latency_us=12_000),
        order("two", completed=1.6, latency_us=30_500),
        order("three", status="rejected", reason="40310000: insufficient buying power"),
        order("four", status="denied", reason="HALTED: account is HALTED", submitted=None),
    ),
    fills=(
        fill(Side.SELL, 10, "103", 1.4, reference="103.10"),
        fill(Side.BUY, 20, "101", 2.6, reference="100.90"),
    ),
    opening_fills=(fill(Side.BUY, 10, "100", -1440),),
    marks=(mark("SPY", 1, "102.5"), mark("SPY", 2, "101"), mark("SPY", 3, "104")),
    opening_marks={"SPY": Decimal(102)},
    signals=(Tally("momentum", 5),),
    intents=(Tally("momentum", 4),),
    denials=(Tally("momentum", 1, "POSITION_LIMIT"),),
    equity=(
        EquityAt(at(1), Decimal(10_005)),
        EquityAt(at(2), Decimal(10_010)),
        EquityAt(at(3), Decimal(10_070)),
    ),
    day_open_equity=Decimal(10_000),
    halts=(HaltRaised(at(2.5), "account", "REDUCE_ONLY", "DAILY_LOSS", "5 % down", "breaker"),),
    bars_in=3,
    bars_quarantined={"NAN": 2},
)
