"""The feed's lease against the real working state and its stand-in."""

import pytest

from quantterminal.adapters.memory.tape import MemoryFeedLease
from quantterminal.adapters.redis.connection import connect
from quantterminal.adapters.redis.feed_lease import RedisFeedLease
from quantterminal.ports.lease import FeedLease


@pytest.fixture(params=["memory", "redis"])
def lease(request: pytest.FixtureRequest) -> FeedLease:
    if request.param == "memory":
        return MemoryFeedLease()
    client = connect(request.getfixturevalue("valkey_url"))
    client.flushdb()
    return RedisFeedLease(client, "acct", stamp_ms=lambda: 1_000)


def test_f26_one_holds_it_and_the_other_waits(lease: FeedLease) -> None:
    token = lease.keep("first")

    assert token is not None
    assert lease.keep("second") is None
    assert lease.keep("first") == token


def test_f26_the_next_holder_has_a_higher_token(lease: FeedLease) -> None:
    first = lease.keep("first")
    lease.release("second")  # not its own: nothing happens
    assert lease.keep("second") is None
    lease.release("first")
    second = lease.keep("second")

    assert first is not None
    assert second is not None
    assert second > first


def test_f38_tokens_grow_although_the_state_was_emptied(valkey_url: str) -> None:
    client = connect(valkey_url)
    client.flushdb()
    before = RedisFeedLease(client, "acct", stamp_ms=lambda: 1_000).keep("first")
    client.flushdb()

    after = RedisFeedLease(client, "acct", stamp_ms=lambda: 2_000).keep("second")

    assert (before, after) == (1_000, 2_000)
    assert client.pttl("{acct}:feed-lease") > 0
