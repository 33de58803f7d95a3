from local.market.rate_limit import RateLimit


def test_a_minute_has_so_many_requests_and_the_next_one_as_many_again() -> None:
    clock = [1_000_000_020.0]
    limit = RateLimit(2, wall_clock=lambda: clock[0])

    assert [limit.take() for _ in range(3)] == [True, True, False]
    assert limit.headers() == {
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1000000080",
    }

    clock[0] += 60
    assert limit.take()
    assert limit.headers()["X-RateLimit-Remaining"] == "1"
