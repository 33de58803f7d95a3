"""The account's own numbers in memory, for tests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from quantterminal.adapters.memory.tables import Tables
from quantterminal.domain.risk import Reservation
from quantterminal.ports.ledger import AccountRecord, Books

_MARKS_OF = timedelta(days=7)


class MemoryAccountLedger:
    """Satisfies `ports.ledger.AccountLedger`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def open_account(self, account: str, *, cash: Decimal, at: datetime) -> None:
        if account in self._tables.accounts:
            return
        self._tables.accounts[account] = AccountRecord(
            account=account,
            cash=cash,
            day_open_equity=cash,
            high_water_mark=cash,
            session_day=None,
            generation=1,
            halt_epoch=0,
            version=1,
        )
        payload = {"cash": cash}
        self._tables.append(account=account, at=at, kind="account", ref=account, payload=payload)

    def books(self, account: str) -> Books:
        return replace(self.holdings(account), marks=self._marks())

    def holdings(self, account: str) -> Books:
        tables = self._tables
        return Books(
            account=tables.account(account),
            halts=[halt for (owner, _), halt in tables.halts.items() if owner == account],
            positions={
                (strategy, symbol): position
                for (owner, strategy, symbol), position in tables.positions.items()
                if owner == account
            },
            reservations=self._reservations(account),
            marks={},
        )

    def rebuild(self, account: str) -> Books:
        row = self._tables.account(account)
        raised = replace(row, generation=row.generation + 1)
        self._tables.accounts[account] = raised
        self._tables.append(
            account=account,
            at=self._tables.now(),
            kind="generation",
            ref="working state rebuilt",
            payload={"generation": raised.generation},
        )
        return self.books(account)

    def begin_session(self, account: str, *, day: date, equity: Decimal, at: datetime) -> bool:
        row = self._tables.accounts.get(account)
        if row is None or (row.session_day is not None and row.session_day >= day):
            return False
        self._tables.accounts[account] = replace(
            row,
            session_day=day,
            day_open_equity=equity,
            high_water_mark=max(row.high_water_mark, equity),
            version=row.version + 1,
        )
        self._tables.append(
            account=account,
            at=at,
            kind="session",
            ref=day.isoformat(),
            payload={"day_open_equity": equity},
        )
        return True

    def reset_high_water(self, account: str, *, equity: Decimal, actor: str, at: datetime) -> None:
        row = self._tables.account(account)
        self._tables.accounts[account] = replace(
            row, high_water_mark=equity, version=row.version + 1
        )
        payload = {"high_water_mark": equity, "actor": actor}
        self._tables.append(account=account, at=at, kind="rearmed", ref=account, payload=payload)

    def once(self, account: str, *, name: str, key: str, at: datetime) -> bool:
        row = (account, name, key)
        if row in self._tables.done_once:
            return False
        self._tables.done_once[row] = at
        return True

    def begun(self, account: str, *, name: str, key: str, at: datetime) -> datetime:
        return self._tables.done_once.setdefault((account, name, key), at)

    def is_done(self, account: str, *, name: str, key: str) -> bool:
        return (account, name, key) in self._tables.done_once

    def last_noted(self, account: str, kind: str) -> datetime | None:
        return max(self._tables.noted.get((account, kind), ()), default=None)

    def noted(
        self, account: str, *, kind: str, ref: str, since: datetime
    ) -> Mapping[str, str] | None:
        for row in reversed(self._tables.journal.get(account, [])):
            entry = row.entry
            if (entry.kind, entry.ref) == (kind, ref) and entry.at >= since:
                return {name: str(value) for name, value in entry.payload.items()}
        return None

    def note(
        self, account: str, *, kind: str, ref: str, payload: Mapping[str, str], at: datetime
    ) -> None:
        self._tables.append(account=account, at=at, kind=kind, ref=ref, payload=payload)

    def _reservations(self, account: str) -> dict[str, Reservation]:
        return {
            order.intent_id or order.client_order_id: Reservation(
                order.strategy, order.symbol, order.side, order.exposure, order.limit_price
            )
            for order in self._tables.exposed.values()
            if order.account == account
        }

    def _marks(self) -> dict[str, tuple[Decimal, datetime]]:
        newest = self._tables.bars.newest
        last = max((bar.start for bar in newest.values()), default=None)
        # a price from before a split is no price of the shares that are held now
        split = {(each.symbol, each.at) for each in self._tables.activities.values() if each.shares}
        return {
            symbol: (Decimal(repr(bar.close)), bar.end)
            for symbol, bar in sorted(newest.items())
            if last is not None
            and bar.start > last - _MARKS_OF
            and not any(of == symbol and at > bar.start for of, at in split)
        }
