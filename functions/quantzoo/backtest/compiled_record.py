"""The compiled loop's log in the terms of the other engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantterminal.domain.risk import DenialCode
from quantzoo.backtest.compiled_loop import QUANTITY_REFUSED
from quantzoo.backtest.compiled_rules import CODES
from quantzoo.backtest.compiled_state import (
    CAUSE,
    CODE,
    DIRECTION,
    FILLS,
    LANE,
    LATE,
    LIMIT,
    ORDERS,
    QUANTITY,
    REJECTED,
    ROW,
    SIDE,
    Log,
)
from quantzoo.backtest.fast_record import Record
from quantzoo.backtest.fast_rules import Order
from quantzoo.backtest.fast_tally import FastOutcome
from quantzoo.backtest.lanes import Lane
from quantzoo.backtest.venue import INSUFFICIENT_BUYING_POWER, INSUFFICIENT_QUANTITY


@dataclass(frozen=True, slots=True)
class CompiledRecord:
    """`numbers` say how much of the log counts."""

    numbers: Any
    log: Log

    @property
    def counts(self) -> tuple[int, int, int]:
        orders, fills = (int(self.numbers[each]) for each in (ORDERS, FILLS))
        return orders, orders, fills

    @property
    def late_denials(self) -> list[DenialCode]:
        return [CODES[each - 1] for each in self.log.late[: self.numbers[LATE]].tolist()]

    @property
    def rejections(self) -> list[str]:
        found = self.log.rejected[: self.numbers[REJECTED], 1].tolist()
        return [
            INSUFFICIENT_QUANTITY if each == QUANTITY_REFUSED else INSUFFICIENT_BUYING_POWER
            for each in found
        ]

    def write(self, record: Record) -> None:
        orders = self.log.orders[: self.numbers[ORDERS]]
        asked = orders[:, [ROW, LANE, CAUSE, DIRECTION]].tolist()
        record.signals += [(row, lane, cause, direction) for row, lane, cause, direction in asked]
        terms = orders[:, [SIDE, QUANTITY, LIMIT, CODE]].tolist()
        record.intents += [
            (number, side, quantity, limit, CODES[code - 1] if code else None)
            for number, (side, quantity, limit, code) in enumerate(terms)
        ]
        fills = self.log.fills[: self.numbers[FILLS], :3].tolist()
        record.fills += [(order, row, price) for order, row, price in fills]


def outcomes_upto(
    fill: int, log: Log, numbers: Any, lanes: Sequence[Lane], *, since: int
) -> list[FastOutcome]:
    """What came of the orders of one strategy from the row `since` on, up to its fill with that
    number, in the order it came.
    """
    name = lanes[log.orders[log.fills[fill, 0], LANE]].strategy.name
    first = int(np.searchsorted(log.fills[: fill + 1, 1], since))
    found = [
        (row, order, realized) for order, row, _, realized in log.fills[first : fill + 1].tolist()
    ]
    until = int(log.fills[fill, 1])
    rejected = log.rejected[: numbers[REJECTED], 0].tolist()
    refused = [(int(log.orders[each, ROW]), each, None) for each in rejected]
    found += [each for each in refused if since <= each[0] < until]
    found.sort(key=lambda each: (each[0], each[2] is None))
    return [
        (order_at(number, log, lanes), int(log.orders[number, ROW]), realized)
        for _, number, realized in found
        if lanes[log.orders[number, LANE]].strategy.name == name
    ]


def order_at(number: int, log: Log, lanes: Sequence[Lane]) -> Order:
    """The order with that number."""
    values = log.orders[number].tolist()
    lane = lanes[values[LANE]]
    return Order(
        lane.number,
        lane.symbol,
        lane.strategy.name,
        side=values[SIDE],
        quantity=values[QUANTITY],
        limit=values[LIMIT],
        reference=0,
        signal=number,
    )
