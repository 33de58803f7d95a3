from datetime import UTC, date, datetime

import pytest

from local.market.bars import RawBar, instant
from local.market.synthetic import SyntheticMarket
from quantterminal.domain.errors import CalendarRangeError


def market(
    seed: int = 7, symbols: tuple[str, ...] = ("AAA", "BBB"), sessions: int = 2
) -> SyntheticMarket:
    return SyntheticMarket(
        seed=seed, symbols=symbols, start=date(2024, 7, 2), sessions=sessions, warmup_minutes=60
    )


def bars_of(played: SyntheticMarket, symbol: str) -> list[RawBar]:
    return [bar for _, bars in played.minutes() for bar in bars if bar.symbol == symbol]


def test_the_seed_decides_everything_and_symbols_do_not_touch_each_other() -> None:
    alone = bars_of(market(symbols=("AAA",)), "AAA")

    assert bars_of(market(), "AAA") == alone
    assert bars_of(market(seed=8), "AAA") != alone


def test_sessions_follow_the_exchange_calendar_half_day_included() -> None:
    played = market(sessions=3)
    starts = [instant(minute) for minute, _ in played.minutes()]

    assert starts[0] == datetime(2024, 7, 2, 13, 30, tzinfo=UTC)
    assert starts[390 + 209] == datetime(2024, 7, 3, 16, 59, tzinfo=UTC)  # closes at 13:00
    assert starts[390 + 210] == datetime(2024, 7, 5, 13, 30, tzinfo=UTC)  # the 4th is a holiday
    assert played.bar_count == 2 * len(starts) == 2 * (390 + 210 + 390)


def test_every_bar_is_sound_in_session_and_on_the_cent() -> None:
    for _, bars in market().minutes():
        for bar in bars:
            assert bar.is_sound
            assert bar.is_in_session
            assert bar.volume >= 100
            for price in (bar.open, bar.high, bar.low, bar.close):
                assert price == round(price, 2)


@pytest.mark.parametrize("start", [date(2031, 1, 2), date(2030, 12, 30), date(2010, 1, 4)])
def test_a_market_beyond_the_calendar_is_refused(start: date) -> None:
    with pytest.raises(CalendarRangeError):
        SyntheticMarket(seed=1, symbols=("A",), start=start, sessions=3, warmup_minutes=1)


def test_the_warm_up_is_the_end_of_the_session_before_and_leads_into_the_first_bar() -> None:
    played = market()
    first = bars_of(played, "AAA")[0]
    minutes = [minute for minute, _ in played.warmup]
    last = played.warmup[-1][1][0]

    assert instant(minutes[0]) == datetime(2024, 7, 1, 19, 0, tzinfo=UTC)
    assert instant(minutes[-1]) == datetime(2024, 7, 1, 19, 59, tzinfo=UTC)
    assert abs(first.open / last.close - 1) < 0.05


def test_the_day_smiles_and_prices_move_enough_to_trade() -> None:
    bars = bars_of(market(), "AAA")[:390]
    ranges = [bar.high / bar.low - 1 for bar in bars]
    opening, noon = sum(ranges[:60]) / 60, sum(ranges[165:225]) / 60

    assert opening > 1.5 * noon
    assert max(bar.high for bar in bars) / min(bar.low for bar in bars) > 1.005
