"""The working state of an account in Valkey/Redis. Keys share the hash tag `{account}`.

`{account}:risk`, `{account}:reserved` (intent -> reservation), `{account}:held` (which positions
exist), `{account}:position:STRATEGY:SYMBOL`, `{account}:order:CLIENT_ORDER_ID`, `{account}:marks`.
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

import msgspec

from quantterminal.adapters.redis import scripts
from quantterminal.adapters.redis.connection import Client, reachable
from quantterminal.domain.halts import Halt
from quantterminal.domain.orders import Order
from quantterminal.domain.positions import Position
from quantterminal.domain.risk import HaltLevel, Reservation
from quantterminal.ports.ledger import Applied, Books, Holding
from quantterminal.ports.state import Mark, WorkingState

TTL_S = 7 * 24 * 3600
_RISK_FIELDS = {
    "version",
    "generation",
    "cash",
    "day_open_equity",
    "high_water_mark",
    "session_day",
    "levels",
}
_JSON = msgspec.json.Encoder(decimal_format="string")


class RedisStateStore:
    """Implements `ports.state.StateStore`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._clear = client.register_script(scripts.CLEAR)
        self._reserve = client.register_script(scripts.RESERVE)
        self._release = client.register_script(scripts.RELEASE)
        self._project = client.register_script(scripts.PROJECT)
        self._raise_high_water = client.register_script(scripts.RAISE_HIGH_WATER)
        self._put_halts = client.register_script(scripts.PUT_HALTS)
        self._put_marks = client.register_script(scripts.PUT_MARKS)
        self._rebuild = client.register_script(scripts.REBUILD)

    def read(self, account: str) -> WorkingState | None:
        keys = _Keys(account)
        with reachable():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.hgetall(keys.risk).hgetall(keys.reserved)
            pipeline.smembers(keys.held).hgetall(keys.marks)
            risk, reserved, held, marks = pipeline.execute()
            if not risk.keys() >= _RISK_FIELDS:
                return None
            holdings = sorted(_holding(each) for each in held)
            positions = self._read_positions(keys, holdings)
        if positions is None:
            return None
        return WorkingState(
            version=int(risk["version"]),
            generation=int(risk["generation"]),
            cash=Decimal(risk["cash"]),
            day_open_equity=Decimal(risk["day_open_equity"]),
            high_water_mark=Decimal(risk["high_water_mark"]),
            session_day=date.fromisoformat(risk["session_day"]) if risk["session_day"] else None,
            levels={s: HaltLevel(n) for s, n in msgspec.json.decode(risk["levels"]).items()},
            positions=positions,
            reserved={
                intent: msgspec.json.decode(text, type=Reservation)
                for intent, text in reserved.items()
            },
            marks={symbol: msgspec.json.decode(text, type=Mark) for symbol, text in marks.items()},
        )

    def clear(self, account: str) -> None:
        with reachable():
            self._clear(keys=[_Keys(account).risk])

    def rebuild(self, account: str, books: Books) -> None:
        keys = _Keys(account)
        holdings = sorted(books.positions)
        positions = [books.positions[each] for each in holdings]
        fields = {
            "account_version": books.account.version,
            "cash": str(books.account.cash),
            "day_open_equity": str(books.account.day_open_equity),
            "high_water_mark": str(books.account.high_water_mark),
            "session_day": _day_text(books.account.session_day),
        }
        with reachable():
            self._rebuild(
                keys=[keys.risk, keys.reserved, keys.held, *map(keys.position, holdings)],
                args=[
                    books.account.generation,
                    _text(fields),
                    _text({i: _text(r) for i, r in books.reservations.items()}),
                    _text([_holding_text(each) for each in holdings]),
                    _text([{"version": p.version, "data": _text(p)} for p in positions]),
                    TTL_S,
                    books.account.halt_epoch,
                    _levels(books.halts),
                ],
            )
            # a mark that the books have no more is void, of before a split; a later one is not
            newest = max((at for _, at in books.marks.values()), default=None)
            gone = [
                symbol
                for symbol, text in self._client.hgetall(keys.marks).items()
                if symbol not in books.marks
                and (newest is None or msgspec.json.decode(text, type=Mark).at <= newest)
            ]
            if gone:
                self._client.hdel(keys.marks, *gone)
        marks = {symbol: Mark(price, at) for symbol, (price, at) in books.marks.items()}
        self.put_marks(account, marks)

    def reserve(
        self, account: str, intent_id: str, *, reservation: Reservation, version: int
    ) -> bool:
        keys = _Keys(account)
        with reachable():
            reserved = self._reserve(
                keys=[keys.risk, keys.reserved], args=[version, intent_id, _text(reservation)]
            )
        return bool(reserved)

    def release(self, account: str, intent_id: str) -> None:
        keys = _Keys(account)
        with reachable():
            self._release(keys=[keys.risk, keys.reserved], args=[intent_id])

    def project(self, account: str, applied: Applied) -> bool:
        return self._project_all(account, applied.order, applied)

    def project_order(self, account: str, order: Order) -> bool:
        return self._project_all(account, order, None)

    def put_marks(self, account: str, marks: Mapping[str, Mark]) -> None:
        if not marks:
            return
        values: list[str] = []
        for symbol, mark in marks.items():
            text = _text(mark)
            values += [symbol, msgspec.json.decode(text)["at"], text]
        with reachable():
            self._put_marks(keys=[_Keys(account).marks], args=values)

    def raise_high_water(self, account: str, equity: Decimal) -> None:
        with reachable():
            self._raise_high_water(keys=[_Keys(account).risk], args=[str(equity)])

    def put_halts(self, account: str, halts: Collection[Halt]) -> None:
        epoch = max((halt.epoch for halt in halts), default=0)
        with reachable():
            self._put_halts(keys=[_Keys(account).risk], args=[epoch, _levels(halts)])

    def _read_positions(
        self, keys: "_Keys", holdings: list[Holding]
    ) -> dict[Holding, Position] | None:
        pipeline = self._client.pipeline(transaction=False)
        for each in holdings:
            pipeline.hget(keys.position(each), "data")
        found = pipeline.execute() if holdings else []
        if not all(found):
            return None
        return {
            holding: msgspec.json.decode(text, type=Position)
            for holding, text in zip(holdings, found, strict=True)
        }

    def _project_all(self, account: str, order: Order, applied: Applied | None) -> bool:
        keys = _Keys(account)
        holding = (order.strategy, order.symbol)
        position = None if applied is None else applied.position
        with reachable():
            done = self._project(
                keys=[keys.risk, keys.reserved, keys.order(order), keys.position(holding),
                      keys.held],
                args=[
                    order.intent_id or order.client_order_id,
                    order.version,
                    _text(order),
                    _text(_reservation(order)) if order.exposure else "",
                    TTL_S,
                    "" if position is None else position.version,
                    "" if position is None else _text(position),
                    _holding_text(holding),
                    "" if applied is None or position is None else applied.account.version,
                    "" if applied is None or position is None else str(applied.account.cash),
                    int(applied is not None and applied.fill is not None),
                ],
            )  # fmt: skip
        return bool(done)


class _Keys:
    def __init__(self, account: str) -> None:
        self._tag = f"{{{account}}}"
        self.risk = f"{self._tag}:risk"
        self.reserved = f"{self._tag}:reserved"
        self.held = f"{self._tag}:held"
        self.marks = f"{self._tag}:marks"

    def position(self, holding: Holding) -> str:
        return f"{self._tag}:position:{_holding_text(holding)}"

    def order(self, order: Order) -> str:
        return f"{self._tag}:order:{order.client_order_id}"


def _reservation(order: Order) -> Reservation:
    return Reservation(order.strategy, order.symbol, order.side, order.exposure, order.limit_price)


def _levels(halts: Collection[Halt]) -> str:
    return _text({halt.scope: int(halt.level) for halt in halts})


def _holding_text(holding: Holding) -> str:
    return f"{holding[0]}:{holding[1]}"


def _holding(text: str) -> Holding:
    strategy, _, symbol = text.rpartition(":")
    return strategy, symbol


def _day_text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _text(value: object) -> str:
    return _JSON.encode(value).decode()
