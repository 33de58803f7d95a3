import json
import math
from collections import deque
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.domain.errors import InvalidValueError
from quantzoo.indicators import Bollinger, Sma
from quantzoo.state import decode_attributes, encode_attributes

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)).map(lambda instant: instant.replace(fold=0)),
)
keys = st.text().filter(lambda key: not key.startswith("$"))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.lists(inner, max_size=4).map(lambda items: deque(items, maxlen=4)),
        st.dictionaries(keys, inner, max_size=4),
    ),
    max_leaves=12,
)


def _again(attributes: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(encode_attributes("test", attributes), allow_nan=False)
    return decode_attributes(json.loads(text))


@given(st.dictionaries(st.text(), values, max_size=4))
def test_everything_that_is_saved_comes_back_equal_and_of_the_same_type(
    attributes: dict[str, Any],
) -> None:
    restored = _again(attributes)

    assert restored == attributes
    assert repr(restored) == repr(attributes)


@given(values)
def test_the_order_of_keys_in_the_text_does_not_matter(value: Any) -> None:
    text = json.dumps(encode_attributes("test", {"value": value}), sort_keys=True)

    assert decode_attributes(json.loads(text)) == {"value": value}


def test_nan_and_negative_zero_come_back() -> None:
    restored = _again({"nan": math.nan, "zero": -0.0, "best": -math.inf})

    assert math.isnan(restored["nan"])
    assert math.copysign(1, restored["zero"]) == -1
    assert restored["best"] == -math.inf


def test_integers_that_json_readers_would_round_are_kept_as_text() -> None:
    assert encode_attributes("test", {"n": 2**53 + 1}) == {"n": {"$int": "9007199254740993"}}


def test_the_limit_of_a_deque_comes_back() -> None:
    restored = _again({"window": deque([1, 2, 3], maxlen=3)})
    restored["window"].append(4)

    assert list(restored["window"]) == [2, 3, 4]


def test_indicators_come_back_wherever_they_stand() -> None:
    sma, bands = Sma(2), Bollinger(2, width=1.5)
    for price in (10.0, 11.0, 12.5):
        sma.update(price)
        bands.update(price)

    restored = _again({"sma": sma, "by_name": {"bands": bands}})

    assert restored["sma"].update(13.0) == sma.update(13.0)
    assert restored["by_name"]["bands"].update(13.0) == bands.update(13.0)
    assert restored["by_name"]["bands"].width == 1.5


class _Colour(IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        Decimal(1),
        object(),
        lambda: 1,
        b"bytes",
        _Colour.RED,
        datetime(2024, 3, 4),  # noqa: DTZ001  the case under test
        datetime(2024, 3, 4, tzinfo=timezone(timedelta(hours=1))),
        timedelta(1),
    ],
)
def test_a_value_that_could_not_come_back_is_named(value: object) -> None:
    with pytest.raises(InvalidValueError, match=r"^mine\.thing: expected None, bool, int"):
        encode_attributes("mine", {"thing": value})


def test_the_place_within_a_value_is_named() -> None:
    with pytest.raises(InvalidValueError, match=r"^mine\.rows\[1\]\['a'\]: expected"):
        encode_attributes("mine", {"rows": [0, {"a": {1}}]})


@pytest.mark.parametrize("key", [1, None, "$int", date(2024, 3, 4)])
def test_keys_are_text_without_a_tag(key: object) -> None:
    with pytest.raises(InvalidValueError, match=r"mine\.table: expected str keys"):
        encode_attributes("mine", {"table": {key: 1}})


def test_one_object_under_two_names_is_refused_because_it_would_become_two() -> None:
    shared = [1.0]

    with pytest.raises(InvalidValueError, match=r"mine\.b: .* same as mine\.a"):
        encode_attributes("mine", {"a": shared, "b": shared})


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(InvalidValueError, match="same as"):
        encode_attributes("mine", {"endless": endless})


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"was '\$set'"):
        decode_attributes({"value": {"$set": [1]}})


def test_an_indicator_class_that_is_not_imported_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="'os:system'"):
        decode_attributes({"value": {"$indicator": "os:system", "attributes": {}}})


def test_the_saved_state_does_not_change_with_its_source() -> None:
    window = deque([1.0], maxlen=3)
    saved = encode_attributes("test", {"window": window})
    window.append(2.0)

    assert decode_attributes(saved) == {"window": deque([1.0], maxlen=3)}
