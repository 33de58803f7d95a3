import subprocess
import sys
from pathlib import Path

import pytest

from quantterminal.domain.errors import ConfigurationError
from quantterminal.domain.strategy import Context, MinuteContext
from quantzoo.catalog import STRATEGIES, make_strategy, strategy_class
from quantzoo.strategies.momentum import Momentum, MomentumParameters
from quantzoo.strategy import MinuteStrategy

FUNCTIONS = Path(__file__).parents[3] / "functions"


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_strategies_under_test.py").write_text(
        "from quantzoo.strategy import SignalStrategy\n"
        "class Always(SignalStrategy):\n"
        "    def generate_signal(self, symbol, bar):\n"
        "        return 1\n"
        "class Unfinished(SignalStrategy):\n"
        "    pass\n"
        "number = 5\n"
    )
    (tmp_path / "broken_strategies_under_test.py").write_text("import no_such_module_at_all\n")
    (tmp_path / "garbled_strategies_under_test.py").write_text("class :\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "own_strategies_under_test"


def test_the_catalog_names_the_three_strategies() -> None:
    assert sorted(STRATEGIES) == ["mean_reversion", "momentum", "volatility_breakout"]
    assert all(cls.name == name for name, cls in STRATEGIES.items())


_DECLARED = {"indicators", "armed", "bars_held", "level"}
SAVED = {  # what a version saves; another shape is another version
    "mean_reversion": ("2", _DECLARED),
    "momentum": ("2", _DECLARED),
    "volatility_breakout": ("2", _DECLARED),
    "quantzoo.strategies.rotation:Rotation": ("1", {"changes"}),
}


@pytest.mark.parametrize("kind", [*STRATEGIES, "quantzoo.strategies.rotation:Rotation"])
def test_the_state_of_a_version_has_one_shape(kind: str) -> None:
    strategy = make_strategy(kind, {})
    if isinstance(strategy, MinuteStrategy):
        strategy.on_start(MinuteContext(("TEST",), lookback=0))
    else:
        strategy.on_start(Context("TEST", lookback=0))

    assert (strategy.version, set(strategy.save()["attributes"])) == SAVED[kind]


def test_a_strategy_is_made_by_name_with_parameters() -> None:
    strategy = make_strategy("momentum", {"fast": 3, "allow_short": True})

    assert isinstance(strategy, Momentum)
    assert strategy.parameters == MomentumParameters(fast=3, allow_short=True)


def test_a_users_own_class_is_loaded_from_its_module(own_module: str) -> None:
    strategy = make_strategy(f"{own_module}:Always", {"allow_short": True})

    assert (type(strategy).__name__, strategy.name) == ("Always", "always")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("momentun", "Expected a strategy of"),
        ("", "Expected a strategy of"),
        ("module:", "Expected a strategy of"),
        (":Class", "Expected a strategy of"),
        (".module:Class", "Expected a strategy of"),
        ("no_such_module_at_all:Mine", "expected module 'no_such_module_at_all' to import"),
        ("own_strategies_under_test:Missing", "expected class 'Missing'"),
        ("own_strategies_under_test:number", "expected a subclass of .*was 5"),
        ("own_strategies_under_test:Unfinished", r"expected methods \['generate_signal'\]"),
        ("broken_strategies_under_test:Mine", "No module named 'no_such_module_at_all'"),
        ("garbled_strategies_under_test:Mine", "invalid syntax"),
    ],
)
@pytest.mark.usefixtures("own_module")
def test_a_class_that_cannot_be_had_says_why(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        strategy_class(name)


@pytest.mark.parametrize(
    ("name", "parameters", "text"),
    [
        ("momentum", {"fast": 20, "slow": 20}, "fast: expected less than slow"),
        ("momentum", {"fast": "3"}, "fast: expected int, was '3'"),
        ("mean_reversion", {"entry": 0}, "entry: expected 0.1 to 10.0, was 0"),
        ("volatility_breakout", {"trial": 1.0}, "trial: expected one of"),
    ],
)
def test_wrong_parameters_are_named(name: str, parameters: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        make_strategy(name, parameters)


def test_importing_everything_needs_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import quantzoo.catalog, quantzoo.metrics, quantzoo.trades\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    loaded = {name for name in result.stdout.split() if not name.startswith("_sysconfigdata")}
    assert loaded - set(sys.stdlib_module_names) == {"quantterminal", "quantzoo"}
