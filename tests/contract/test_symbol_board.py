from collections.abc import Iterator

import pytest

from quantterminal.adapters.memory.symbol_board import MemorySymbolBoard
from quantterminal.adapters.redis.connection import Client, connect
from quantterminal.adapters.redis.symbol_board import RedisSymbolBoard
from quantterminal.domain.risk import SymbolFlag
from quantterminal.ports.activity import FlaggingBoard


@pytest.fixture
def client(valkey_url: str) -> Iterator[Client]:
    made = connect(valkey_url)
    yield made
    made.delete("{board}:flags", "{other}:flags")
    made.close()


@pytest.fixture(params=["memory", "redis"])
def board(request: pytest.FixtureRequest) -> FlaggingBoard:
    if request.param == "memory":
        return MemorySymbolBoard()
    return RedisSymbolBoard(request.getfixturevalue("client"), "board")


def test_a_flag_is_there_until_it_is_taken_away(board: FlaggingBoard) -> None:
    assert board.flags() == {}

    board.put("SPY", SymbolFlag.HALTED)
    board.put("IBM", SymbolFlag.SSR)
    board.put("IBM", SymbolFlag.LULD)
    assert board.flags() == {"SPY": SymbolFlag.HALTED, "IBM": SymbolFlag.LULD}

    for _ in range(2):
        board.put("SPY", None)
    assert board.flags() == {"IBM": SymbolFlag.LULD}


def test_accounts_do_not_see_each_others_flags(client: Client) -> None:
    RedisSymbolBoard(client, "board").put("SPY", SymbolFlag.HALTED)

    assert RedisSymbolBoard(client, "other").flags() == {}


def test_a_flag_that_nobody_knows_is_no_free_pass(client: Client) -> None:
    client.hset("{board}:flags", "SPY", "MAYBE")

    with pytest.raises(ValueError, match="MAYBE"):
        RedisSymbolBoard(client, "board").flags()
