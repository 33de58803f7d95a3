"""What the rules saw when they denied an order, found again from a run's numbers."""

from bisect import bisect_right
from typing import TYPE_CHECKING

from quantterminal.domain.halts import Halt
from quantzoo.backtest.fast_record import Moment
from quantzoo.backtest.fast_rules import Order

if TYPE_CHECKING:
    from quantzoo.backtest.fast import FastEngine


def moments(engine: "FastEngine") -> dict[int, Moment]:
    """By the number of the denied order; the run is gone through once, from its beginning."""
    record = engine.record
    found: dict[int, Moment] = {}
    net, held = [0] * len(engine.net), [0] * len(engine.lanes)
    fills = iter(record.fills)
    fill = next(fills, None)
    for number, (_, _, _, _, code) in enumerate(record.intents):
        if code is None:
            continue
        row = record.signals[number][0]
        while fill is not None and fill[1] <= row:
            order = _order(engine, fill[0])
            net[order.symbol] += order.side * order.quantity
            held[order.lane] += order.side * order.quantity
            fill = next(fills, None)
        recent = _recent(engine, number)
        found[number] = Moment(
            row,
            int(engine.equities[row]),
            tuple(net),
            tuple(held),
            tuple(each for each in recent if engine.row_of(each) == row),
            tuple(recent),
            _stops(engine, number),
        )
    return found


def _recent(engine: "FastEngine", number: int) -> list[Order]:
    """The orders before it that were allowed and that a rule may still remember, oldest first."""
    signals, intents, starts = engine.record.signals, engine.record.intents, engine.tape.starts
    oldest = int(starts[signals[number][0]]) - engine.memory_ms
    found: list[Order] = []
    for before in range(number - 1, -1, -1):
        if starts[signals[before][0]] < oldest:
            break
        if intents[before][4] is None:
            found.append(_order(engine, before))
    found.reverse()
    return found


def _stops(engine: "FastEngine", number: int) -> tuple[Halt, ...]:
    stops = engine.record.stops
    at = bisect_right(stops, number, key=lambda each: each[0])
    return stops[at - 1][1] if at else ()


def _order(engine: "FastEngine", number: int) -> Order:
    row, lane_number, _, _ = engine.record.signals[number]
    _, side, quantity, limit, _ = engine.record.intents[number]
    lane = engine.lanes[lane_number]
    return Order(
        lane_number,
        lane.symbol,
        lane.strategy.name,
        side=side,
        quantity=quantity,
        limit=limit,
        reference=int(engine.tape.closes[lane.symbol][row]),
        signal=number,
    )
