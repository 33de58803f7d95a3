import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantterminal.adapters.wire.codec import VERSION, decode, encode
from quantterminal.domain import events
from quantterminal.domain.bars import Bar, minute_of
from quantterminal.domain.errors import MessageError
from quantterminal.domain.events import Message, Payload
from quantterminal.domain.orders import Execution, OrderEvent, OrderStatus, OrderUpdate
from quantterminal.domain.risk import Origin
from quantterminal.domain.signals import Action, Side, Signal

instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
texts = st.text(max_size=20)
words = st.text(min_size=1, max_size=8)
stamps = st.integers(0, 2**63 - 1)
money = st.decimals(allow_nan=False, allow_infinity=False)
some_money = st.none() | money


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    low, first, last, high = sorted(
        draw(st.lists(st.floats(1e-6, 1e9), min_size=4, max_size=4), label="prices")
    )
    return Bar(
        symbol=draw(words),
        start=minute_of(draw(instants)),
        open=first,
        high=high,
        low=low,
        close=last,
        volume=draw(st.floats(0, 1e12)),
        vwap=draw(st.none() | st.floats(1e-6, 1e9)),
        trades=draw(st.none() | st.integers(0, 2**31)),
        revision=draw(st.integers(0, 9)),
    )


signals = st.builds(
    Signal,
    strategy=words,
    version=words,
    symbol=words,
    bar_start=instants,
    ordinal=st.integers(0, 9),
    action=st.sampled_from(Action),
    quantity=st.none() | st.integers(1, 10**9),
    reference_price=st.floats(1e-6, 1e9),
    reason=texts,
)
executions = st.builds(
    Execution, execution_id=words, quantity=money, price=money, cumulative=money, at=instants
)
updates = st.builds(
    OrderUpdate,
    client_order_id=words,
    broker_order_id=words,
    event=st.sampled_from(OrderEvent),
    status=st.sampled_from([each for each in OrderStatus if not each.is_ours]),
    symbol=words,
    side=st.sampled_from(Side),
    quantity=money,
    limit_price=some_money,
    filled_quantity=money,
    filled_average_price=some_money,
    at=instants,
    execution=st.none() | executions,
    reason=texts,
)
some_bars = st.lists(bars(), max_size=3).map(tuple)
symbols = st.lists(words, max_size=3).map(tuple)
PAYLOADS: dict[type, st.SearchStrategy[Payload]] = {
    events.MinuteClosed: st.builds(
        events.MinuteClosed,
        account=words,
        shard=st.integers(0, 99),
        minute=instants,
        bars=some_bars,
        no_trade=symbols,
        late=symbols,
        revisions=some_bars,
        received_ns=stamps,
    ),
    events.AssessSignal: st.builds(
        events.AssessSignal,
        account=words,
        signal=signals,
        attempt=st.integers(0, 9),
        origin=st.sampled_from(Origin),
        received_ns=stamps,
    ),
    events.SubmitOrder: st.builds(
        events.SubmitOrder,
        account=words,
        intent_id=words,
        client_order_id=words,
        received_ns=stamps,
    ),
    events.SweepOrders: st.builds(events.SweepOrders, account=words, as_of=instants),
    events.CancelOrders: st.builds(
        events.CancelOrders,
        account=words,
        reason=texts,
        client_order_id=st.none() | words,
        scope=words,
    ),
    events.OrderUpdated: st.builds(
        events.OrderUpdated, account=words, update=updates, source=words, received_ns=stamps
    ),
    events.UnreadableFrame: st.builds(
        events.UnreadableFrame, account=words, raw=texts, problem=texts
    ),
    events.BusinessEvent: st.builds(
        events.BusinessEvent,
        account=words,
        name=st.sampled_from(events.EventName),
        text=texts,
        fields=st.dictionaries(words, texts, max_size=3),
    ),
}
messages = st.builds(
    Message,
    id=words,
    correlation_id=words,
    causation_id=words,
    occurred_at=instants,
    payload=st.one_of(*PAYLOADS.values()),
)

NOON = datetime(2024, 3, 4, 17, 0, tzinfo=UTC)
SUBMIT = Message("m", "c", "b", NOON, events.SubmitOrder("main", "intent", "order", 7))


def _update(**changes: Any) -> str:
    """The text of an order update whose payload's update has these fields changed."""
    update = OrderUpdate(
        client_order_id="qt1-x",
        broker_order_id="b-1",
        event=OrderEvent.PARTIAL_FILL,
        status=OrderStatus.PARTIALLY_FILLED,
        symbol="SPY",
        side=Side.BUY,
        quantity=Decimal(100),
        limit_price=Decimal("512.30"),
        filled_quantity=Decimal(40),
        filled_average_price=Decimal("512.295"),
        at=NOON,
        execution=Execution("e-1", Decimal(40), Decimal("512.295"), Decimal(40), NOON),
    )
    content = json.loads(
        encode(Message("m", "c", "b", NOON, events.OrderUpdated("main", update, "stream")))
    )
    content["payload"]["update"] |= changes
    return json.dumps(content)


def _changed(**changes: Any) -> str:
    """The text of a good message with these fields changed; None removes one."""
    content = json.loads(encode(SUBMIT)) | changes
    return json.dumps({name: value for name, value in content.items() if value is not None})


def test_every_payload_has_a_case_here() -> None:
    assert set(PAYLOADS) == set(get_args(Payload))


@pytest.mark.parametrize("kind", PAYLOADS)
def test_every_payload_comes_back_as_it_went(kind: type) -> None:
    @given(payload=PAYLOADS[kind])
    def comes_back(payload: Payload) -> None:
        message = Message("m", "c", "b", NOON, payload)
        assert decode(encode(message)) == message
        assert decode(encode(message).encode()) == message

    comes_back()


@given(message=messages)
def test_a_second_passage_changes_no_byte(message: Message) -> None:
    """Equal decimals may be written differently; a digit more or less would be another message."""
    text = encode(message)
    assert encode(decode(text)) == text


@given(message=messages)
def test_the_envelope_is_what_the_documents_say(message: Message) -> None:
    content = json.loads(encode(message))

    assert list(content) == [
        "v",
        "type",
        "id",
        "correlation_id",
        "causation_id",
        "occurred_at",
        "payload",
    ]
    assert (content["v"], content["type"]) == (VERSION, type(message.payload).__name__)


def test_money_is_written_as_text_and_instants_with_their_zone() -> None:
    content = json.loads(_update())
    assert content["payload"]["update"]["limit_price"] == "512.30"
    assert content["occurred_at"] == "2024-03-04T17:00:00Z"


def test_a_field_that_is_not_known_yet_is_tolerated() -> None:
    assert decode(_changed(added_later=True)) == SUBMIT


GARBAGE = {
    "nothing": ("", "Expected a message of version 1"),
    "no JSON": ("no json", "Expected a message of version 1"),
    "half a message": (encode(SUBMIT)[:-9], "Expected a message of version 1"),
    "no object": ("[1]", "Expected `object`, got `array`"),
    "no UTF-8": (b'{"v":1,"type":"\xff"}', "Expected a message of version 1"),
    "a lone surrogate": ('{"v":1,"type":"\ud800"}', "Expected a message of version 1"),
    "a deep nest": ("[" * 100_000, "Expected a message of version 1"),
    "an empty envelope": ("{}", "missing required field `v`"),
    "another version": (_changed(v=2), "Expected message version 1, was 2"),
    "a version in words": (_changed(v="1"), r"Expected `int`, got `str` - at `\$.v`"),
    "no type": (_changed(type=None), "missing required field `type`"),
    "an unknown type": (
        _changed(type="SubmitOrders"),
        r"Expected a type of \[.*'SubmitOrder'.*\], was 'SubmitOrders'",
    ),
    "no id": (_changed(id=None), "missing required field `id`"),
    "no payload": (_changed(payload=None), "missing required field `payload`"),
    "an empty payload": (_changed(payload={}), "missing required field `account`"),
    "a payload of another type": (_changed(type="SweepOrders"), "missing required field `as_of`"),
    "a time that is none": (_changed(occurred_at="noon"), r"Invalid RFC3339.*\$.occurred_at"),
    "a time without a zone": (
        _changed(occurred_at="2024-03-04T17:00:00"),
        "expected an instant with its zone in message.occurred_at",
    ),
    "a broker's time without a zone": (
        _update(at="2024-03-04T17:00:00"),
        "expected an instant with its zone in message.payload.update.at",
    ),
    "an unknown status": (_update(status="cancelled"), r"Invalid enum value 'cancelled'"),
    "an unknown event": (_update(event="trade_bust"), r"Invalid enum value 'trade_bust'"),
    "a quantity in words": (_update(quantity="ten"), r"Invalid decimal.*update.quantity"),
    "a quantity that is no number": (
        _update(quantity="NaN"),
        "expected a number in message.payload.update.quantity, was NaN",
    ),
    "an infinite fill": (
        _update(filled_quantity="Infinity"),
        "expected a number in message.payload.update.filled_quantity, was Infinity",
    ),
}


@pytest.mark.parametrize("case", GARBAGE)
def test_garbage_is_named(case: str) -> None:
    text, expected = GARBAGE[case]
    with pytest.raises(MessageError, match=expected):
        decode(text)


def test_a_corrupt_bar_does_not_get_through() -> None:
    bar = Bar("SPY", NOON, 10.0, 11.0, 9.0, 10.5, 100.0)
    content = json.loads(
        encode(Message("m", "c", "b", NOON, events.MinuteClosed("main", 0, NOON, (bar,))))
    )
    content["payload"]["bars"][0]["high"] = 8.0

    with pytest.raises(MessageError, match=r"Bar of 'SPY'.*expected low <= open"):
        decode(json.dumps(content))


def test_a_price_that_is_no_number_does_not_get_through() -> None:
    signal = Signal("momentum", "1", "SPY", NOON, 0, Action.BUY, 1, math.nan, "")
    with pytest.raises(MessageError, match=r"Expected `float`, got `null`.*reference_price"):
        decode(encode(Message("m", "c", "b", NOON, events.AssessSignal("main", signal))))


@given(
    text=st.text()
    | st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(json.dumps)
)
def test_no_garbage_raises_anything_else(text: str | bytes) -> None:
    with pytest.raises(MessageError, match="Expected"):
        decode(text)


@given(data=st.data(), message=messages)
def test_a_damaged_message_is_read_or_refused(data: st.DataObject, message: Message) -> None:
    text = encode(message)
    at = data.draw(st.integers(0, len(text) - 1), label="at")
    length = data.draw(st.integers(0, 5), label="length")
    damaged = text[:at] + data.draw(st.text(max_size=5), label="instead") + text[at + length :]

    try:
        read = encode(decode(damaged))
    except MessageError as problem:
        read = str(problem)

    assert "Expected" in read or json.loads(read)["v"] == VERSION
