"""What the strategies of the catalog do on bars; each is also cut and continued at every bar."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantterminal.domain.bars import Bar
from quantterminal.domain.kernel import StrategyRun, step
from quantterminal.domain.sessions import session_at
from quantterminal.domain.signals import Action, Side
from quantterminal.domain.strategy import PositionView
from quantzoo.catalog import STRATEGIES, make_strategy
from quantzoo.trades import round_trips
from tests.unit.quantzoo.replay import Replay, random_bars, recorded_bars, replay

OPEN = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
NAMES = sorted(STRATEGIES)


def _replay(name: str, bars: list[Bar], *, restart: bool = False, **parameters: Any) -> Replay:
    return replay(lambda: make_strategy(name, parameters), bars, restart=restart)


def _bars(closes: list[float], *, spread: float = 0.05) -> list[Bar]:
    return [
        Bar("TEST", OPEN + timedelta(minutes=i), close, close + spread, close - spread, close, 1.0)
        for i, close in enumerate(closes)
    ]


def _actions(result: Replay) -> list[tuple[int, str]]:
    return [
        ((signal.bar_start - OPEN) // timedelta(minutes=1), signal.action.value)
        for signal in result.signals
    ]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12)
@given(
    seed=st.integers(0, 10_000),
    parameters=st.fixed_dictionaries({"allow_short": st.booleans()}),
    volatility=st.sampled_from([2e-4, 8e-4, 5e-3]),
)
def test_a_run_that_is_restarted_at_every_bar_decides_the_same(
    name: str, seed: int, parameters: Mapping[str, Any], volatility: float
) -> None:
    bars = random_bars(seed, 200, volatility=volatility)

    whole = _replay(name, bars, **parameters)
    restarted = _replay(name, bars, restart=True, **parameters)

    assert restarted.signals == whole.signals
    assert restarted.states == whole.states


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("symbol", ["SPY", "IBM", "BAC"])
def test_recorded_days_are_decided_the_same_after_restarts(name: str, symbol: str) -> None:
    bars = recorded_bars(symbol, "20131007") + recorded_bars(symbol, "20131008")

    whole = _replay(name, bars, allow_short=True)

    assert len(whole.signals) > 10
    assert _replay(name, bars, allow_short=True, restart=True).signals == whole.signals


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("allow_short", [False, True])
def test_a_recorded_day_is_traded_with_default_parameters(name: str, *, allow_short: bool) -> None:
    days = [recorded_bars(symbol, "20131007") for symbol in ("SPY", "IBM", "BAC")]
    runs = [_replay(name, bars, allow_short=allow_short) for bars in days]

    busy = [run for run in runs if len(round_trips(run.fills)) >= 3]
    first_trades = [run.fills[0].at - bars[0].start for run, bars in zip(runs, days, strict=True)]

    assert len(busy) >= 2
    assert min(first_trades) <= timedelta(minutes=60)
    assert all(run.held == 0 for run in runs)


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=15)
def test_without_permission_nothing_is_ever_short(name: str, seed: int) -> None:
    result = _replay(name, random_bars(seed, 400, volatility=3e-3))

    assert all(signal.action is not Action.SELL for signal in result.signals)
    assert all(trip.side is Side.BUY for trip in round_trips(result.fills))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_held_over_the_end_of_the_session(name: str) -> None:
    for seed in range(5):
        bars = random_bars(seed, 3 * 390, volatility=2e-3)
        result = _replay(name, bars, allow_short=True)
        trips = round_trips(result.fills)

        assert len(trips) > 5
        assert all(trip.opened_at.date() == trip.closed_at.date() for trip in trips)
        assert all(
            session is not None and session.close - signal.bar_start > timedelta(minutes=5)
            for signal in result.signals
            if signal.action is not Action.CLOSE
            for session in [session_at(signal.bar_start)]
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_first_decision_needs_at_most_thirty_bars(name: str) -> None:
    flat = [100.0, 100.02] * 15
    after = [101.0, 102.0] if name != "mean_reversion" else [99.0]

    result = _replay(name, _bars(flat + after))

    assert result.signals[0].action is Action.BUY
    assert _actions(result)[0][0] <= 31


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_left_to_the_sizing_rule(name: str) -> None:
    result = _replay(name, random_bars(3, 390), allow_short=True)

    assert result.signals
    assert all(signal.quantity is None for signal in result.signals)
    assert all(signal.reason for signal in result.signals)


@pytest.mark.parametrize("name", NAMES)
def test_a_market_that_does_not_move_is_left_alone(name: str) -> None:
    assert _replay(name, _bars([100.0] * 300, spread=0.0), allow_short=True).signals == []


def test_momentum_buys_a_rise_and_leaves_with_the_fall() -> None:
    rise = [100 + 0.1 * step for step in range(30)]
    fall = [rise[-1] - 0.1 * step for step in range(1, 31)]

    actions = _actions(_replay("momentum", _bars(rise + fall)))

    assert [action for _, action in actions] == ["buy", "close"]
    assert actions[0][0] == 19
    assert 30 < actions[1][0] < 50


def test_momentum_goes_short_only_where_it_may() -> None:
    fall = _bars([100 - 0.1 * step for step in range(40)])

    assert _actions(_replay("momentum", fall)) == []
    assert _actions(_replay("momentum", fall, allow_short=True)) == [(19, "sell")]


def test_mean_reversion_buys_below_the_band_and_sells_at_the_mean() -> None:
    quiet = [100.0, 100.1] * 10
    result = _replay("mean_reversion", _bars([*quiet, 99.5, 99.6, 100.1]), stop=10.0)

    assert _actions(result) == [(20, "buy"), (22, "close")]
    assert result.signals[0].reason == "outside the band: -4.04 deviations"
    assert result.signals[1].reason == "back at the mean"


def test_mean_reversion_is_stopped_and_waits_for_the_band_before_it_buys_again() -> None:
    quiet = [100.0, 100.1] * 10
    crash = [99.5, 98.5, 97.0, 95.0]
    result = _replay("mean_reversion", _bars(quiet + crash), stop=1.0)

    assert _actions(result) == [(20, "buy"), (21, "close")]
    assert result.signals[1].reason == "stop"


def test_volatility_breakout_follows_until_the_trailing_stop() -> None:
    quiet = [100.0, 100.1] * 10
    run = [100.5 + 0.2 * step for step in range(10)]
    back = [run[-1] - 0.2 * step for step in range(1, 6)]
    result = _replay("volatility_breakout", _bars([*quiet, *run, *back]))

    (entry, exit_) = result.signals
    assert (entry.action, exit_.action) == (Action.BUY, Action.CLOSE)
    assert exit_.reason == "stop"
    assert exit_.reference_price > entry.reference_price


def test_volatility_breakout_gives_up_after_its_time() -> None:
    quiet = [100.0, 100.1] * 10
    result = _replay("volatility_breakout", _bars([*quiet, *[100.5] * 12]), max_bars=5)

    assert _actions(result)[:2] == [(20, "buy"), (25, "close")]
    assert result.signals[1].reason == "held long enough"


def test_a_breakout_is_measured_against_the_bars_before_it() -> None:
    quiet = _bars([100.0, 100.1] * 10)
    wick = replace(quiet[-1], start=quiet[-1].end, high=105.0, close=100.1)

    assert _replay("volatility_breakout", [*quiet, wick]).signals == []


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_that_is_not_filled_leaves_no_position_to_manage(name: str) -> None:
    run = StrategyRun(make_strategy(name, {}), "TEST")
    signals = [
        signal
        for bar in random_bars(7, 300, volatility=2e-3)
        for signal in step(run, bar, position=PositionView())
    ]

    assert signals
    assert all(signal.action is Action.BUY for signal in signals)
