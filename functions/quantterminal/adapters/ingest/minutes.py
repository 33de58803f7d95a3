"""What the prints of a batch add to their minutes, under the rules of the trade conditions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from quantterminal.adapters.ingest.tables import Table
from quantterminal.domain.errors import CalendarRangeError
from quantterminal.domain.sessions import new_york_date, session_on
from quantterminal.domain.trade_conditions import (
    FORM_T,
    STANDING_CORRECTIONS,
    ConditionRules,
    bit,
)
from quantterminal.ports.ticks import MinutePart

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_MS, _DAY_MS = 60_000, 86_400_000
Flags = npt.NDArray[np.bool_]


def minute_parts(rows: Table, names: Sequence[str], rules: ConditionRules) -> list[MinutePart]:
    """One part a symbol and minute, by symbol and minute; the arrival decides what was first."""
    if not len(rows):
        return []
    keys = rows["symbol"].astype(np.int64) << 32 | rows["at_ms"] // _MINUTE_MS
    order = np.argsort(keys, kind="stable")
    rows, keys = rows[order], keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    high_low, open_close, volume = _allowed(rows, rules)
    price, size = rows["price"], np.where(volume, rows["size"], 0.0)
    places = np.arange(len(rows))
    firsts = np.minimum.reduceat(np.where(open_close, places, len(rows)), starts)
    lasts = np.maximum.reduceat(np.where(open_close, places, -1), starts)
    highs = np.maximum.reduceat(np.where(high_low, price, -np.inf), starts)
    lows = np.minimum.reduceat(np.where(high_low, price, np.inf), starts)
    volumes = np.add.reduceat(size, starts)
    turnovers = np.add.reduceat(size * price, starts)
    counts = np.add.reduceat(volume.astype(np.int64), starts)
    return [
        MinutePart(
            symbol=names[int(keys[start]) >> 32],
            start=_EPOCH + timedelta(minutes=int(keys[start]) & 0xFFFFFFFF),
            first=float(price[firsts[each]]) if lasts[each] >= 0 else None,
            high=float(highs[each]) if np.isfinite(highs[each]) else None,
            low=float(lows[each]) if np.isfinite(lows[each]) else None,
            last=float(price[lasts[each]]) if lasts[each] >= 0 else None,
            volume=float(volumes[each]),
            turnover=float(turnovers[each]),
            trades=int(counts[each]),
        )
        for each, start in enumerate(starts)
    ]


def _allowed(rows: Table, rules: ConditionRules) -> tuple[Flags, Flags, Flags]:
    conditions = rows["conditions"]
    stands = np.isin(rows["correction"], STANDING_CORRECTIONS) & (rows["size"] > 0)
    priced = conditions
    form_t = np.int64(bit(FORM_T))
    if (conditions & form_t).any():
        priced = np.where(_in_session(rows["at_ms"]), conditions, conditions & ~form_t)
    return (
        stands & (priced & np.int64(rules.no_high_low) == 0),
        stands & (priced & np.int64(rules.no_open_close) == 0),
        stands & (conditions & np.int64(rules.no_volume) == 0),
    )


def _in_session(at_ms: npt.NDArray[np.int64]) -> Flags:
    inside = np.zeros(len(at_ms), np.bool_)
    for day in np.unique(at_ms // _DAY_MS):
        noon = _EPOCH + timedelta(milliseconds=int(day) * _DAY_MS + _DAY_MS // 2)
        try:
            session = session_on(new_york_date(noon))
        except CalendarRangeError:
            continue
        if session is not None:
            opened, closed = (int(at.timestamp()) * 1000 for at in (session.open, session.close))
            inside |= (at_ms >= opened) & (at_ms < closed)
    return inside
