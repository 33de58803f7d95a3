"""`qt audit verify` on a ledger of its own, reached by the settings that a run leaves behind."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import psycopg
import pytest

from local import resources
from local.errors import UsageError
from local.processes.local_aws import LocalAwsAddress
from local.processes.postgres import Postgres
from local.run_folder import RunFolder, newest_run, read_environment
from quantterminal.adapters.postgres.account_ledger import PostgresAccountLedger
from quantterminal.adapters.postgres.database import Database
from quantterminal.adapters.postgres.migrate import migrate
from quantterminal.domain.configuration import Mode, TradingConfig
from tests.unit.cli.test_main import qt

NOW = datetime(2013, 10, 7, 13, 30, tzinfo=UTC)
TRADING = TradingConfig(account="demo", mode=Mode.SIMULATED, symbols=("SPY",), strategies=())
SECRET = "audited/database"


@pytest.fixture(scope="module")
def run_folder(
    postgres: Postgres, local_aws: LocalAwsAddress, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A run's folder beside its stores: an account, two rows in its journal, an empty archive."""
    address = postgres.create_database("audited")
    migrate(address.url)
    database = Database(lambda: address.url)
    accounts = PostgresAccountLedger(database)
    accounts.open_account("demo", cash=Decimal(1000), at=NOW)
    accounts.rebuild("demo")
    database.close()
    fields = {"host": address.host, "port": str(address.port), "dbname": address.dbname}
    fields |= {"username": address.user, "password": address.password}
    store = local_aws.client("secretsmanager")
    store.create_secret(Name=SECRET, SecretString=json.dumps(fields))
    local_aws.client("s3").create_bucket(Bucket="audited")
    folder = RunFolder.make(tmp_path_factory.mktemp("audited") / "build/runs/1", now=NOW)
    folder.keep_environment(
        {
            **local_aws.environment,
            "QT_CONFIG": msgspec.json.encode(TRADING).decode(),
            "QT_DATABASE_SECRET_ID": SECRET,
            "QT_BUCKET": "audited",
            "QT_EVENT_BUS": resources.EVENT_BUS,
        }
    )
    yield folder.root
    postgres.drop_database("audited")


def url_of(run_folder: Path, postgres: Postgres) -> str:
    assert run_folder.exists()
    return postgres.address.database("audited").url


def test_a_whole_journal_ends_with_0(run_folder: Path) -> None:
    """Found below the present folder, as the newest run."""
    done = qt("audit", "verify", cwd=run_folder.parents[2])

    assert done.returncode == 0, done.stderr
    assert done.stdout == "demo: 2 rows, 0 anchors: whole, and equal to the ledger's books\n"


def test_a_difference_ends_with_1_and_says_where(run_folder: Path, postgres: Postgres) -> None:
    with psycopg.connect(url_of(run_folder, postgres), autocommit=True) as connection:
        connection.execute("update accounts set cash = 1001")
        done = qt("audit", "verify", "--run-dir", str(run_folder), "--json")
        shown = qt("audit", "verify", "--run-dir", str(run_folder))
        connection.execute("update accounts set cash = 1000")

    assert done.returncode == shown.returncode == 1, done.stderr
    assert json.loads(done.stdout) == {
        "account": "demo",
        "rows": 2,
        "anchors": 0,
        "whole": False,
        "findings": [
            {"position": 2, "subject": "account cash", "expected": "1000", "found": "1001"}
        ],
    }
    assert "position 2: account cash: expected 1000, found 1001" in shown.stdout


def test_what_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    nothing = qt("audit", "verify", cwd=tmp_path)
    empty = qt("audit", "verify", "--run-dir", str(tmp_path))

    assert nothing.returncode == empty.returncode == 2
    assert "Expected a run on this machine" in nothing.stderr
    assert "Expected a run with its stores" in empty.stderr
    assert "Traceback" not in nothing.stderr + empty.stderr


def test_the_environment_is_its_owner_s_alone(tmp_path: Path) -> None:
    folder = RunFolder.make(tmp_path / "run", now=NOW)
    folder.keep_environment({"QT_BUCKET": "x"})

    assert read_environment(folder.root) == {"QT_BUCKET": "x"}
    (kept,) = folder.root.glob("*.json")
    assert kept.stat().st_mode & 0o077 == 0
    folder.keep_logs()
    with pytest.raises(UsageError, match="with its stores"):
        read_environment(folder.root)


def test_without_a_run_there_is_no_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert newest_run() is None
