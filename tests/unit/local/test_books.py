from decimal import Decimal

import psycopg
import pytest

from local.books import (
    Books,
    LedgerOrders,
    OrderState,
    broker_books,
    cache_books,
    compare,
    compare_orders,
)
from local.json_http import RemoteError
from local.summary import agree

NAMES = ("ledger", "cache")


def books(cash: str = "100.00", **positions: int) -> Books:
    return Books(Decimal(cash), {symbol: Decimal(shares) for symbol, shares in positions.items()})


def order(status: str, filled: int = 0) -> OrderState:
    return OrderState(status, Decimal(filled))


def test_equal_books_have_no_differences() -> None:
    assert compare(books("100.001", IBM=3), books("100.004", IBM=3), names=NAMES) == []


def test_a_cent_and_a_share_are_differences() -> None:
    found = compare(books("100.00", IBM=3), books("100.01", IBM=2, SPY=1), names=NAMES)

    assert found == [
        "cash is 100.00 in the ledger, 100.01 in the cache",
        "IBM is 3 in the ledger, 2 in the cache",
        "SPY is 0 in the ledger, 1 in the cache",
    ]


@pytest.mark.parametrize(
    ("ledger", "broker", "count"),
    [
        ({"a": order("filled", 3)}, {"a": order("filled", 3)}, 0),
        ({"a": order("new")}, {"a": order("filled", 3)}, 1),
        ({"a": order("partially_filled", 2)}, {"a": order("partially_filled", 3)}, 1),
        ({}, {"a": order("new")}, 1),
        ({"a": order("denied")}, {}, 0),
        ({"a": order("abandoned")}, {}, 0),
        ({"a": order("rejected")}, {}, 0),
        ({"a": order("pending_submit")}, {}, 1),
        ({"a": order("unknown")}, {}, 1),
        ({"a": order("new")}, {}, 1),
    ],
)
def test_orders_that_are_seen_differently_are_named(
    ledger: dict[str, OrderState], broker: dict[str, OrderState], count: int
) -> None:
    found = compare_orders(ledger, broker)

    assert len(found) == count
    assert all("order a is" in each for each in found)


def test_the_brokers_state_and_the_cache_are_read_without_flat_positions() -> None:
    state = {
        "broker": {
            "cash": "99.50",
            "positions": {"IBM": "3", "SPY": "0"},
            "orders": [["a", "filled", "3"]],
        }
    }
    cache = {"cash": "99.50", "positions": {"IBM": "3", "SPY": "0"}}

    broker = broker_books(state)

    assert broker == Books(Decimal("99.50"), {"IBM": Decimal(3)}, {"a": order("filled", 3)})
    assert cache_books(cache) == Books(Decimal("99.50"), {"IBM": Decimal(3)})
    assert cache_books({"cash": None, "positions": None}) is None


def test_all_three_have_to_agree() -> None:
    ledger = Books(Decimal(5), {"IBM": Decimal(3)}, {"a": order("filled", 3)})

    good = agree(ledger, books("5.00", IBM=3), ledger)
    without_cache = agree(ledger, None, ledger)
    wrong_broker = agree(ledger, books("5.00", IBM=3), Books(Decimal(6), {}, {}))

    assert good.agree
    assert good.ledger.positions == {"IBM": 3}
    assert without_cache.differences == ("the cache is empty",)
    assert not wrong_broker.agree
    assert len(wrong_broker.differences) == 3


def test_the_ledgers_orders_are_read_again_after_its_connection_broke(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "create table orders (client_order_id text, status text, filled_quantity numeric,"
            " account text)"
        )
        other.execute("insert into orders values ('a', 'new', 0, 'main')")
        read = LedgerOrders(database, "main")
        assert read() == {"a": order("new")}
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )

        with pytest.raises(RemoteError, match="ledger"):
            read()

        assert read() == {"a": order("new")}
        read.close()


def test_a_ledger_that_is_away_is_a_process_that_is_away() -> None:
    with pytest.raises(RemoteError, match="ledger"):
        LedgerOrders("postgresql://nobody@127.0.0.1:1/none", "main")()
