"""Signals and snapshots in memory, for tests."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from quantterminal.adapters.memory.tables import SignalRow, Tables
from quantterminal.domain.bars import MINUTE
from quantterminal.domain.errors import ConflictError
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Signal
from quantterminal.ports.ledger import Evaluation, Holding, Snapshot


class MemoryEvaluationLedger:
    """Satisfies `ports.ledger.EvaluationLedger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def snapshots(self, account: str, holdings: Collection[Holding]) -> dict[Holding, Snapshot]:
        stored = self._tables.snapshots
        keys = {holding: (account, *holding) for holding in holdings}
        return {holding: stored[key] for holding, key in keys.items() if key in stored}

    def record_evaluation(self, account: str, evaluation: Evaluation) -> None:
        tables = self._tables
        tables.account(account)
        for holding in sorted(evaluation.snapshots):
            self._check_base(account, holding, evaluation.based_on.get(holding))
        for holding, state in evaluation.snapshots.items():
            tables.snapshots[(account, *holding)] = Snapshot(evaluation.minute, state)
        for each in evaluation.signals:
            self._insert_signal(
                SignalRow(each, account, Origin.STRATEGY, evaluation.correlation_id, evaluation.at)
            )
        if evaluation.equity is not None:
            self._record_equity(account, evaluation)
        tables.append(
            account=account,
            at=evaluation.at,
            kind="minute",
            ref=evaluation.minute.isoformat(),
            correlation_id=evaluation.correlation_id,
            payload={
                "evaluated": len(evaluation.snapshots),
                "signals": [each.id for each in evaluation.signals],
                "equity": evaluation.equity,
            },
        )

    def signals_of(self, account: str, minute: datetime, symbols: Collection[str]) -> list[Signal]:
        found = [
            row.signal
            for row in self._tables.signals.values()
            if row.account == account
            and row.signal.bar_start == minute
            and row.signal.symbol in symbols
            and row.origin is Origin.STRATEGY
        ]
        return sorted(found, key=lambda each: (each.symbol, each.strategy, each.ordinal))

    def record_signal(
        self, account: str, signal: Signal, *, origin: Origin, correlation_id: str, at: datetime
    ) -> None:
        self._tables.account(account)
        self._insert_signal(SignalRow(signal, account, origin, correlation_id, at))

    def _check_base(self, account: str, holding: Holding, base: datetime | None) -> None:
        stored = self._tables.snapshots.get((account, *holding))
        if stored is not None and stored.last_bar != base:
            raise ConflictError(
                f"Expected {holding[0]} to have seen {holding[1]} up to {base}, was another bar"
            )

    def _insert_signal(self, row: SignalRow) -> None:
        self._tables.signals.setdefault(row.signal.id, row)

    def _record_equity(self, account: str, evaluation: Evaluation) -> None:
        equity = evaluation.equity
        if equity is None:
            return
        key = (account, evaluation.minute + MINUTE)
        self._tables.equity.setdefault(key, (equity, evaluation.cash))
        row = self._tables.account(account)
        if row.high_water_mark < equity:
            self._tables.accounts[account] = replace(row, high_water_mark=equity)
