import json

import pytest

from quantterminal.domain.bars import Bar
from quantterminal.domain.configuration import StrategyConfig
from quantterminal.domain.errors import ConfigurationError
from quantterminal.domain.kernel import MinuteRun, step_minute
from quantterminal.domain.signals import Action, Signal
from quantterminal.domain.strategy import PositionView
from quantzoo.backtest.engine import Setting, backtest
from quantzoo.backtest.history import instant
from quantzoo.catalog import make_strategy
from quantzoo.runs import bar_run, minute_run
from quantzoo.strategies.rotation import Rotation
from tests.unit.quantzoo.histories import synthetic, trading

KIND = "quantzoo.strategies.rotation:Rotation"
SYMBOLS = ("ALDR", "BRKT", "CYGN")
PARAMETERS = {"period": 10, "every": 5}


def decided(*, restart: bool, missing: int = 0) -> list[Signal]:
    """Over one session, filled at once; every `missing`-th minute the last symbol has no bar."""
    history = synthetic(SYMBOLS, sessions=1)
    run = MinuteRun(Rotation(**PARAMETERS), SYMBOLS)
    held = dict.fromkeys(SYMBOLS, PositionView())
    found: list[Signal] = []
    for number, (start, every) in enumerate(history.minutes()):
        bars: dict[str, Bar] = {bar.symbol: bar for bar in every}
        if missing and number % missing == 0:
            del bars[SYMBOLS[-1]]
        if restart:
            state = json.loads(json.dumps(run.save(), allow_nan=False))
            run = MinuteRun(Rotation(**PARAMETERS), SYMBOLS)
            if number:
                run.restore(state)
        for each in step_minute(run, instant(start), bars, positions=held):
            found.append(each)
            is_out = each.action is Action.CLOSE
            held[each.symbol] = PositionView() if is_out else PositionView(10, each.reference_price)
    return found


@pytest.mark.parametrize("missing", [0, 3])
def test_every_minute_in_another_process_decides_the_same(missing: int) -> None:
    whole = decided(restart=False, missing=missing)

    assert len(whole) > 10
    assert decided(restart=True, missing=missing) == whole


def test_the_strongest_is_held_and_the_session_ends_flat() -> None:
    signals = decided(restart=False)

    held: set[str] = set()
    for each in signals:
        held ^= {each.symbol}
        assert (each.action is Action.BUY) is (each.symbol in held)
    assert held == set()
    assert signals[-1].reason == "session end"


def test_a_backtest_shows_it_what_the_kernel_would() -> None:
    config = StrategyConfig("rotation", KIND, parameters=PARAMETERS)
    alone = StrategyConfig("momentum", "momentum", symbols=("BRKT",))
    history = synthetic(SYMBOLS, sessions=2)

    result = backtest(Setting(trading(config, alone, symbols=SYMBOLS)), history)

    assert {each.symbol for each in result.fills if each.strategy == "rotation"} == set(SYMBOLS)
    assert {each.symbol for each in result.fills if each.strategy == "momentum"} == {"BRKT"}
    profit = result.profit_by_strategy()
    assert set(profit) == {"rotation", "momentum"}
    assert result.equity == result.cash + sum(profit.values())
    order = [(each.bar_start, each.symbol, each.strategy != "rotation") for each in result.signals]
    assert order == sorted(order)


def test_each_kind_of_run_is_made_of_its_own_kind_of_strategy() -> None:
    config = StrategyConfig("rotation", KIND)

    with pytest.raises(ConfigurationError, match="with on_bar, was quantzoo"):
        bar_run(config, "ALDR")
    with pytest.raises(ConfigurationError, match="with on_minute, was momentum"):
        minute_run(StrategyConfig("m", "momentum"), trading())


def test_its_symbols_must_close_their_minutes_together() -> None:
    symbols = [f"S{number:04d}" for number in range(501)]
    wide, narrow = StrategyConfig("r", KIND), StrategyConfig("r", KIND, ("S0000", "S0499"))

    assert minute_run(narrow, trading(narrow, symbols=symbols)).context.symbols == narrow.symbols
    with pytest.raises(ConfigurationError, match=r"one shard.* was 501 symbols of 2"):
        minute_run(wide, trading(wide, symbols=symbols))


def test_a_user_names_it_by_its_place() -> None:
    assert isinstance(make_strategy(KIND, {"most": 2}), Rotation)
