from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from quantterminal.domain.configuration import StrategyConfig
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.fills import NextOpen, TradedThrough
from quantzoo.research.results import (
    Kept,
    Origin,
    boards,
    kept_run,
    setting_hash,
    varied_trial,
    whole_trial,
)
from quantzoo.research.trials import Trial, leaders, sweep
from tests.unit.quantzoo.histories import synthetic, trading

AT = datetime(2024, 3, 8, tzinfo=UTC)
MOMENTUM = StrategyConfig("m", "momentum", parameters={"slow": 30})
SETTING = Setting(trading(MOMENTUM, StrategyConfig("r", "mean_reversion")))


def trial(*returns: float, **parameters: object) -> Trial:
    days = tuple(date(2024, 3, 4) + timedelta(days=n) for n in range(len(returns)))
    return Trial(
        {"m": {"kind": "momentum", **parameters}},
        AT - timedelta(days=4),
        AT,
        {"return": sum(returns)},
        3,
        returns,
        days,
    )


def kept(each: Trial, *, minutes: int = 0, data: str = "a", setting: Setting = SETTING) -> Kept:
    return kept_run(Origin(AT + timedelta(minutes=minutes), "sweep", "c", data), setting, each)


GOOD = trial(0.01, 0.02, 0.01, 0.03, fast=3)
BAD = trial(-0.01, 0.02, -0.02, 0.01, fast=5)
FAIR = trial(0.01, -0.005, 0.01, 0.002, fast=8)


def test_every_configuration_that_was_ever_tried_counts() -> None:
    ((*ranked,),) = boards([kept(FAIR), kept(GOOD, minutes=5), kept(BAD, minutes=9)])

    assert [run.trial for run, _ in ranked] == [GOOD, FAIR, BAD]
    assert [luck for _, luck in ranked] == [luck for _, luck in leaders([GOOD, FAIR, BAD])]
    (((_, alone),),) = boards([kept(GOOD)])
    assert alone is not None
    assert ranked[0][1] is not None
    assert ranked[0][1] < alone


def test_the_same_again_is_no_new_try_and_other_fills_are() -> None:
    other = replace(SETTING, fills=NextOpen(slippage_bps=SETTING.cash))
    again = replace(GOOD, parameters={"m": dict(reversed(GOOD.parameters["m"].items()))})

    (ranked,) = boards([kept(again, minutes=2), kept(GOOD), kept(GOOD, setting=other), kept(BAD)])

    assert len(ranked) == 3
    assert [run.at for run, _ in ranked if run.trial.parameters == GOOD.parameters].count(AT) == 1


def test_other_data_and_other_periods_have_boards_of_their_own() -> None:
    shorter = replace(GOOD, first=AT - timedelta(days=1))

    found = boards([kept(GOOD), kept(GOOD, data="b", minutes=1), kept(shorter, minutes=2)])

    assert [[(run.data, run.trial.first) for run, _ in board] for board in found] == [
        [("a", shorter.first)],
        [("b", GOOD.first)],
        [("a", GOOD.first)],
    ]


def test_a_run_alone_and_the_same_within_a_sweep_are_one_try() -> None:
    history = synthetic(sessions=4)
    (swept,) = sweep(SETTING, history, strategy="m", values={"fast": [5]})
    five = replace(MOMENTUM, parameters={"slow": 30, "fast": 5})
    setting = replace(SETTING, trading=trading(five, SETTING.trading.strategies[1]))

    alone = whole_trial(setting, backtest(setting, history))

    assert varied_trial(SETTING, "m", swept) == alone
    assert alone.parameters == {
        "m": {"kind": "momentum", "slow": 30, "fast": 5},
        "r": {"kind": "mean_reversion"},
    }
    assert len(boards([kept(alone, setting=setting), kept(varied_trial(SETTING, "m", swept))])) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(SETTING, cash=SETTING.cash + 1),
        replace(SETTING, fills=TradedThrough()),
        replace(SETTING, rules=SETTING.rules[1:]),
        replace(SETTING, trading=replace(SETTING.trading, barrier_timeout_s=3.0)),
    ],
)
def test_whatever_the_numbers_follow_from_is_in_the_hash(other: Setting) -> None:
    assert setting_hash(SETTING) == setting_hash(replace(SETTING, keeps_curve=True))
    assert setting_hash(other) != setting_hash(SETTING)
