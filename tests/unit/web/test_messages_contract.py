"""The page's message types are the Python view, field by field."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from quantterminal.domain import view
from tests.generate_web_types import records, shape, source, typescript

MESSAGES_TS = Path(__file__).parents[3] / "web" / "src" / "api" / "messages.ts"


def test_the_types_of_the_page_are_those_of_the_view() -> None:
    assert MESSAGES_TS.read_text() == source(), (
        "web/src/api/messages.ts is stale: "
        "PYTHONPATH=functions python tests/generate_web_types.py > web/src/api/messages.ts"
    )


def test_every_field_of_the_view_is_in_the_types() -> None:
    text = MESSAGES_TS.read_text()
    for record in records():
        body = text.partition(f"export interface {record.__name__} {{")[2].partition("}")[0]
        for each in fields(record):
            assert re.search(rf"readonly {each.name}\??: ", body), f"{record.__name__}.{each.name}"


def test_records_are_found() -> None:
    assert {view.Hello, view.Tick, view.Dashboard, view.OrderRow} <= set(records())


@pytest.mark.parametrize(
    ("annotation", "expected_type", "expected_shape"),
    [
        (str, "string", "string"),
        (int, "number", "number"),
        (float | None, "number | null", "number?"),
        (tuple[str, ...], "readonly string[]", "string[]"),
        (view.Health, "Health", "Health"),
        (tuple[view.OrderRow, ...], "readonly OrderRow[]", "OrderRow[]"),
    ],
)
def test_types_are_translated(annotation: Any, expected_type: str, expected_shape: str) -> None:
    assert typescript(annotation) == expected_type
    assert shape(annotation) == expected_shape


@pytest.mark.parametrize("annotation", [bytes, dict, object])
def test_a_type_without_a_wire_form_is_refused(annotation: Any) -> None:
    with pytest.raises(KeyError):
        typescript(annotation)
