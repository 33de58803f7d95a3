"""The compiled loop's orders in the terms of the other engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantterminal.domain.risk import DenialCode
from quantzoo.backtest.compiled_loop import QUANTITY_REFUSED
from quantzoo.backtest.compiled_rules import CODES
from quantzoo.backtest.fast_record import Record
from quantzoo.backtest.fast_rules import Order
from quantzoo.backtest.fast_tally import FastOutcome
from quantzoo.backtest.lanes import Lane
from quantzoo.backtest.venue import INSUFFICIENT_BUYING_POWER, INSUFFICIENT_QUANTITY


@dataclass(frozen=True, slots=True)
class CompiledRecord:
    """All orders of a run, in the order they were asked for; so they were filled, too."""

    orders: Any

    @property
    def counts(self) -> tuple[int, int, int]:
        fills = int(np.count_nonzero(self.orders["filled_at"] >= 0))
        return len(self.orders), len(self.orders), fills

    @property
    def late_denials(self) -> list[DenialCode]:
        codes = self.orders["denied_late"]
        return [CODES[code - 1] for code in codes[codes > 0].tolist()]

    @property
    def rejections(self) -> list[str]:
        refused = self.orders["refused"]
        return [
            INSUFFICIENT_QUANTITY if why == QUANTITY_REFUSED else INSUFFICIENT_BUYING_POWER
            for why in refused[refused > 0].tolist()
        ]

    def write(self, record: Record) -> None:
        record.signals += self.orders[["row", "lane", "cause", "direction"]].tolist()
        terms = self.orders[["side", "quantity", "limit", "denied"]].tolist()
        record.intents += [
            (number, side, quantity, limit, CODES[code - 1] if code else None)
            for number, (side, quantity, limit, code) in enumerate(terms)
        ]
        filled = np.flatnonzero(self.orders["filled_at"] >= 0)
        places = self.orders[filled][["filled_at", "price"]].tolist()
        record.fills += [
            (number, row, price)
            for number, (row, price) in zip(filled.tolist(), places, strict=True)
        ]


def outcomes_upto(
    number: int, orders: Any, lanes: Sequence[Lane], *, since: int
) -> list[FastOutcome]:
    """What came of the orders of one strategy from the row `since` on, up to the fill of the order
    with that number, in the order it came.
    """
    name, until = lanes[orders[number]["lane"]].strategy.name, int(orders[number]["filled_at"])
    found: list[tuple[tuple[int, int, int], FastOutcome]] = []
    for before in range(number, -1, -1):
        each = orders[before]
        row = int(each["row"])
        if row < since - 1 and int(each["filled_at"]) < since:
            break
        if lanes[each["lane"]].strategy.name != name:
            continue
        if since <= each["filled_at"] <= until:
            outcome = (_order(before, each, lanes), row, int(each["realized"]))
            found.append(((int(each["filled_at"]), 0, before), outcome))
        elif each["refused"] and since <= row < until:
            found.append(((row, 1, before), (_order(before, each, lanes), row, None)))
    found.sort(key=lambda pair: pair[0])
    return [outcome for _, outcome in found]


def _order(number: int, values: Any, lanes: Sequence[Lane]) -> Order:
    lane = lanes[values["lane"]]
    return Order(
        lane.number,
        lane.symbol,
        lane.strategy.name,
        side=int(values["side"]),
        quantity=int(values["quantity"]),
        limit=int(values["limit"]),
        reference=0,
        signal=number,
    )
