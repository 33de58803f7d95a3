from datetime import UTC, date, datetime

from quantterminal.domain.trading_day import trading_day


def test_the_window_is_the_new_york_day_around_its_session() -> None:
    window = trading_day(date(2013, 10, 7))

    assert window.start == datetime(2013, 10, 7, 4, tzinfo=UTC)
    assert window.end == datetime(2013, 10, 8, 4, tzinfo=UTC)
    assert window.opens == datetime(2013, 10, 7, 13, 30, tzinfo=UTC)
    assert window.closes == datetime(2013, 10, 7, 20, tzinfo=UTC)


def test_the_day_on_which_clocks_go_back_has_25_hours_and_no_session() -> None:
    window = trading_day(date(2013, 11, 3))

    assert (window.end - window.start).total_seconds() == 25 * 3600
    assert window.session is None
    assert (window.opens, window.closes) == (window.start, window.end)
