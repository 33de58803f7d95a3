"""A ledger of whole days that were put in, for tests."""

from collections.abc import Sequence
from datetime import date, datetime

from quantterminal.domain.bars import Bar
from quantterminal.domain.trading_day import TradingDay
from quantterminal.ports.report_ledger import DayRecords, TradeEvent


class MemoryReportLedger:
    """Implements `ports.report_ledger.ReportLedger` and `TradeLedger`; other days are empty."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, date], DayRecords] = {}
        self.events: dict[tuple[str, date], Sequence[TradeEvent]] = {}
        self.minutes: list[Bar] = []

    def day(self, account: str, window: TradingDay) -> DayRecords:
        return self.records.get((account, window.day), DayRecords())

    def bars(self, symbols: Sequence[str], *, start: datetime, end: datetime) -> Sequence[Bar]:
        found = (each for each in self.minutes if each.symbol in symbols)
        within = (each for each in found if start <= each.start < end)
        return sorted(within, key=lambda each: (each.symbol, each.start))

    def trade_events(self, account: str, window: TradingDay) -> Sequence[TradeEvent]:
        return self.events.get((account, window.day), ())
