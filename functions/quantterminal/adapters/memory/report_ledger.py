"""A ledger of whole days that were put in, for tests."""

from collections.abc import Sequence
from datetime import date

from quantterminal.domain.trading_day import TradingDay
from quantterminal.ports.report_ledger import DayRecords, TradeEvent


class MemoryReportLedger:
    """Implements `ports.report_ledger.ReportLedger` and `TradeLedger`; other days are empty."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, date], DayRecords] = {}
        self.events: dict[tuple[str, date], Sequence[TradeEvent]] = {}

    def day(self, account: str, window: TradingDay) -> DayRecords:
        return self.records.get((account, window.day), DayRecords())

    def trade_events(self, account: str, window: TradingDay) -> Sequence[TradeEvent]:
        return self.events.get((account, window.day), ())
