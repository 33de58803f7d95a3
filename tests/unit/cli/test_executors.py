"""A sweep's runs are the same wherever they are made."""

import pytest

from cli.executors import executor_of
from local.errors import UsageError
from quantterminal.domain.configuration import StrategyConfig
from quantzoo.backtest.engine import Setting
from quantzoo.research.trials import InProcess, Trial, sweep
from tests.unit.quantzoo.histories import synthetic, trading

SETTING = Setting(trading(StrategyConfig("m", "momentum")))


def trials(processes: int, cluster: str = "") -> list[Trial]:
    with executor_of(processes, cluster) as executor:
        return sweep(
            SETTING,
            synthetic(sessions=2),
            strategy="m",
            values={"fast": [3, 5, 8]},
            executor=executor,
        )


@pytest.fixture(scope="module")
def expected() -> list[Trial]:
    return sweep(SETTING, synthetic(sessions=2), strategy="m", values={"fast": [3, 5, 8]})


def test_processes_of_this_machine_give_the_same(expected: list[Trial]) -> None:
    assert trials(1) == trials(2) == expected


@pytest.mark.filterwarnings("ignore")  # the cluster's own: ports in use, slow shut-downs
def test_a_cluster_gives_the_same(expected: list[Trial]) -> None:
    assert trials(1, "dask") == expected


def test_one_process_is_this_one() -> None:
    with executor_of(1) as executor:
        assert isinstance(executor, InProcess)


@pytest.mark.parametrize(
    ("cluster", "said"),
    [("slurm", "--cluster dask or ray, was 'slurm'"), ("ray", "Expected ray to be installed")],
)
def test_a_cluster_that_is_not_there_is_named(cluster: str, said: str) -> None:
    with pytest.raises(UsageError, match=said), executor_of(1, cluster):
        pytest.fail("there is none")


def test_a_failure_of_the_work_is_not_taken_for_a_missing_cluster() -> None:
    with pytest.raises(ModuleNotFoundError, match="elsewhere"), executor_of(1):
        raise ModuleNotFoundError("elsewhere", name="elsewhere")
