"""The vendor's reference tables in our words: splits, dividends, trade conditions."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from quantterminal.domain.corporate_actions import ActionKind, CorporateAction
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.trade_conditions import COMPILED, ConditionRules, Updates, rules_from

_FLAGS = ("updates_high_low", "updates_open_close", "updates_volume")


def split(row: Mapping[str, Any]) -> CorporateAction | None:
    """A row of `/v3/reference/splits`, None when it makes no sense."""
    return _action(
        row,
        ActionKind.SPLIT,
        row.get("execution_date"),
        split_from=row.get("split_from"),
        split_to=row.get("split_to"),
    )


def dividend(row: Mapping[str, Any]) -> CorporateAction | None:
    """A row of `/v3/reference/dividends`, None when it makes no sense."""
    return _action(
        row, ActionKind.DIVIDEND, row.get("ex_dividend_date"), cash=row.get("cash_amount")
    )


def condition_rules(rows: Iterable[Mapping[str, Any]]) -> ConditionRules:
    """The consolidated rules of `/v3/reference/conditions`; ours where it says nothing usable."""
    found: dict[int, Updates] = {}
    for row in rows:
        rules = row.get("update_rules")
        consolidated = rules.get("consolidated") if isinstance(rules, dict) else None
        number = row.get("id")
        if not isinstance(consolidated, dict) or not isinstance(number, int):
            continue
        if "trade" not in row.get("data_types", ["trade"]):
            continue
        flags = [consolidated.get(name) for name in _FLAGS]
        if all(isinstance(each, bool) for each in flags):
            found[number] = Updates(*map(bool, flags))
    return rules_from(found) if found else COMPILED


def _action(
    row: Mapping[str, Any], kind: ActionKind, ex_date: object, **numbers: Any
) -> CorporateAction | None:
    symbol = row.get("ticker")
    try:
        day = date.fromisoformat(str(ex_date))
        floats = {name: float(value) for name, value in numbers.items()}
        identity = str(row.get("id") or f"{symbol}:{kind}:{day.isoformat()}")
        return CorporateAction(identity, str(symbol), kind, day, **floats) if symbol else None
    except (ValueError, TypeError, InvalidValueError):
        return None
