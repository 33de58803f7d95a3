from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from quantterminal.domain.halts import HaltCode
from quantterminal.domain.journal import Entry, chain, plain
from quantterminal.domain.replay import JournaledBooks, compare, replay
from quantterminal.domain.risk import HaltLevel

AT = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)
CASH = Decimal("100000.00")


def entry(kind: str, ref: str = "x", **payload: object) -> Entry:
    return Entry("demo", AT, kind, ref, "", {key: plain(each) for key, each in payload.items()})


def halt_entry(epoch: int, level: HaltLevel = HaltLevel.HALTED) -> Entry:
    return entry(
        "halt",
        "account",
        level=level.name,
        code=HaltCode.OPERATOR,
        reason="why",
        actor="ann",
        epoch=epoch,
    )


def test_the_account_s_numbers() -> None:
    replayed = replay(
        chain(
            [
                entry("account", "demo", cash=CASH),
                entry("session", "2013-10-07", day_open_equity=Decimal(99_000)),
                entry("minute", equity=Decimal(101_000), evaluated=1),
                entry("minute", equity=None, evaluated=1),
                entry("generation", generation=2),
                entry("operator", "halt", reason="why"),
                halt_entry(1),
                halt_entry(2, HaltLevel.ACTIVE),
                entry("rearmed", high_water_mark=Decimal(98_000), actor="ann"),
            ]
        )
    )

    assert replayed.problems == []
    numbers = replayed.books.numbers
    assert numbers is not None
    assert (numbers.cash, numbers.day_open_equity, numbers.high_water_mark) == (
        CASH, 99_000, 98_000,
    )  # fmt: skip
    assert (numbers.session_day, numbers.generation, numbers.halt_epoch, numbers.version) == (
        date(2013, 10, 7), 2, 2, 3,
    )  # fmt: skip
    assert replayed.books.halts["account"].level is HaltLevel.ACTIVE
    assert replayed.told_at == {"account": 9, "halt account": 8}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([entry("session", "2013-10-07", day_open_equity="1")], "the account to be opened"),
        ([entry("account", cash="a lot")], "ConversionSyntax"),
        ([entry("account", cash=CASH), halt_entry(2)], "epoch 1, was 2"),
        ([entry("order", status="new")], "client_order_id"),
        ([entry("fill", quantity="1")], "client_order_id"),
    ],
)
def test_a_row_that_cannot_be_followed_is_a_problem(told: Sequence[Entry], expected: str) -> None:
    (problem,) = replay(chain(told)).problems

    assert problem.position == len(told)
    assert expected in problem.text


def test_differences_name_field_row_and_both_values() -> None:
    replayed = replay(chain([entry("account", "demo", cash=CASH), halt_entry(1)]))
    numbers = replayed.books.numbers
    assert numbers is not None
    recorded = JournaledBooks(
        numbers=replace(numbers, cash=CASH + 1), halts=dict(replayed.books.halts)
    )

    assert compare(replayed, replayed.books) == []
    assert [each.text for each in compare(replayed, recorded)] == [
        "position 2: account cash: expected 100000.00, found 100001.00"
    ]
    assert [
        each.text for each in compare(replayed, replace(recorded, numbers=numbers, halts={}))
    ] == ["position 2: halt account: expected a row, found nothing"]
