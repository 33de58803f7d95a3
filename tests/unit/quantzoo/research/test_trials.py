from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

import pytest

from quantterminal.domain.configuration import StrategyConfig
from quantterminal.domain.errors import InvalidValueError
from quantzoo.backtest.engine import Setting
from quantzoo.research.statistics import (
    deflated_sharpe,
    luckiest_sharpe,
    period_sharpe,
    probabilistic_sharpe,
)
from quantzoo.research.trials import grid, leaders, sweep
from quantzoo.research.walk_forward import Windows, folds, sessions_of, walk_forward
from tests.unit.quantzoo.histories import synthetic, trading

SETTING = Setting(trading(StrategyConfig("m", "momentum")))
VALUES = {"fast": [3, 8], "slow": [20, 40]}


def test_a_grid_has_every_combination_in_order() -> None:
    assert grid(VALUES) == [
        {"fast": 3, "slow": 20},
        {"fast": 3, "slow": 40},
        {"fast": 8, "slow": 20},
        {"fast": 8, "slow": 40},
    ]


def test_processes_give_the_same_trials_as_one_does() -> None:
    history = synthetic(sessions=3)
    here = sweep(SETTING, history, strategy="m", values=VALUES)
    with ProcessPoolExecutor(2) as pool:
        there = sweep(SETTING, history, strategy="m", values=VALUES, executor=pool)

    assert here == there
    assert [each.parameters for each in here] == grid(VALUES)
    assert len({each.trades for each in here}) > 1


def test_the_leader_has_the_best_sharpe_ratio_and_luck_is_taken_off() -> None:
    trials = sweep(SETTING, synthetic(sessions=6), strategy="m", values=VALUES)

    ranked = leaders(trials)

    sharpes = [each.figures["sharpe"] for each, _ in ranked]
    assert sharpes == sorted(sharpes, key=lambda x: x or 0.0, reverse=True)
    best, deflated = ranked[0]
    alone = probabilistic_sharpe(best.daily_returns)
    assert deflated is not None
    assert alone is not None
    assert 0 < deflated < alone


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="'m'"):
        sweep(SETTING, synthetic(), strategy="n", values=VALUES)


def test_more_tries_expect_more_luck() -> None:
    few, many = [0.1, -0.1] * 5, [0.1, -0.1] * 50

    assert luckiest_sharpe([0.3]) == 0.0
    assert 0 < luckiest_sharpe(few) < luckiest_sharpe(many)


def test_the_published_example_is_met() -> None:
    """Bailey and Lopez de Prado (2014): 100 tries of variance 1/2 a year, five years of days."""
    tried = [each * (0.5 / 250) ** 0.5 for each in [1.0, -1.0] * 50]

    assert luckiest_sharpe(tried) == pytest.approx(0.1132, abs=5e-4)


def test_what_has_no_sharpe_ratio_has_no_deflated_one() -> None:
    assert period_sharpe([0.1]) is None
    assert probabilistic_sharpe([0.1, 0.1, 0.1]) is None
    assert deflated_sharpe([0.0, 0.1], tried=[0.1, 0.2]) is None


def test_folds_never_train_on_what_they_test_nor_in_the_purge_or_the_embargo() -> None:
    sessions = sessions_of(synthetic(sessions=30))
    windows = Windows(train=8, test=4, purge=2, embargo=2)

    parts = list(folds(sessions, windows))

    assert len(parts) == 5
    place = {session: index for index, session in enumerate(sessions)}
    for fold in parts:
        assert place[fold.test[0]] - place[fold.train[-1]] > windows.purge
        assert all(place[b] - place[a] == 1 for a, b in pairwise(fold.train))
    for before, after in pairwise(parts):
        assert place[after.test[0]] == place[before.test[-1]] + 1
        embargoed = {place[before.test[-1]] + 1, place[before.test[-1]] + 2}
        assert not embargoed & {place[each] for each in after.train}


def test_a_walk_trades_what_it_chose_on_the_sessions_that_follow() -> None:
    history = synthetic(sessions=9)

    steps = walk_forward(
        SETTING, history, strategy="m", values={"fast": [3, 8]}, windows=Windows(3, 2)
    )

    days = [session.day for session in sessions_of(history)]
    assert [day for each in steps for day in each.tested.days] == days[4:8]
    for each in steps:
        assert each.chosen == each.trained.parameters == each.tested.parameters
        assert each.trained.last < each.tested.first


def test_too_short_a_history_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="sessions at least"):
        walk_forward(
            SETTING, synthetic(sessions=2), strategy="m", values=VALUES, windows=Windows(5, 1)
        )
