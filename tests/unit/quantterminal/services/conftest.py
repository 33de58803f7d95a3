from collections.abc import Callable, Iterator

import pytest

from local.processes.postgres import Postgres
from quantterminal.adapters.postgres.migrate import migrate
from tests.ledger_database import empty
from tests.unit.quantterminal.services.pipeline import CASH, OPEN, Pipeline, trading

MakePipeline = Callable[..., Pipeline]


@pytest.fixture(scope="session")
def ledger_url(postgres: Postgres) -> str:
    url = postgres.create_database("services").url
    migrate(url)
    return url


@pytest.fixture
def make_pipeline(ledger_url: str, valkey_url: str) -> Iterator[MakePipeline]:
    """Makes one with other words of the trading configuration."""
    empty(ledger_url)
    made: list[Pipeline] = []

    def make(**more: object) -> Pipeline:
        pipeline = Pipeline(ledger_url, valkey_url, trading(**more))  # type: ignore[arg-type]  # a test's own words
        pipeline.accounts.open_account(pipeline.account, cash=CASH, at=OPEN)
        made.append(pipeline)
        return pipeline

    yield make
    for each in made:
        each.close()


@pytest.fixture
def pipeline(make_pipeline: MakePipeline) -> Pipeline:
    """An account after the first minute: SPY and IBM at 100, nothing held, nothing asked for."""
    made = make_pipeline()
    made.mark(0, SPY=100.0, IBM=100.0)
    return made
