"""The age of the data of liquid symbols, not of any data."""

from quantterminal.services.feed_liveness import FeedLiveness

STALE_AFTER_S = 5.0


def lively(*symbols: str, until: float = 30.0) -> FeedLiveness:
    watch = FeedLiveness(stale_after_s=STALE_AFTER_S)
    for tenth in range(int(until * 10) + 1):
        watch.heard(symbols, tenth / 10)
    return watch


def test_nobody_is_stale_who_was_just_heard_of() -> None:
    assert lively("AAA", "BBB").stale_share(34.9) == 0.0


def test_f27_a_silent_market_is_stale() -> None:
    assert lively("AAA", "BBB").stale_share(35.1) == 1.0


def test_f27_the_odd_symbol_that_still_comes_proves_nothing() -> None:
    watch = lively("AAA", "BBB", "CCC")
    for second in range(31, 41):
        watch.heard(["CCC"], float(second))

    assert round(watch.stale_share(40.0), 2) == 0.67


def test_who_trades_once_a_minute_is_never_called_stale() -> None:
    watch = FeedLiveness(stale_after_s=STALE_AFTER_S)
    for minute in range(60):
        watch.heard(["RARE"], minute * 60.0)

    assert watch.stale_share(60 * 60.0) == 0.0


def test_after_a_new_connection_it_starts_over() -> None:
    watch = lively("AAA")
    watch.forget()

    assert watch.stale_share(1_000.0) == 0.0
