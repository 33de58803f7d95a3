from pathlib import Path

import psycopg
import pytest
import redis

from local.processes.local_aws import LocalAwsAddress
from local.processes.postgres import start_postgres


def test_each_test_gets_an_empty_database_of_its_own(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE here (x int)")
        (tables,) = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() or (None,)

    assert tables == 1


def test_postgres_asks_for_the_password(postgres_url: str) -> None:
    url = psycopg.conninfo.make_conninfo(postgres_url, password="wrong")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_a_killed_postgres_comes_back_with_what_it_committed(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    server = start_postgres(tmp_path, logs=tmp_path / "logs")
    try:
        url = server.create_database("ledger").url
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS x")
        busy = psycopg.connect(url)  # its process holds the shared memory for a moment more
        busy.execute("INSERT INTO kept VALUES (0)")
        server.child.process.kill()
        server.child.stop()

        server.start_again()

        busy.close()
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT count(*) FROM kept").fetchone()
    finally:
        server.stop()
    assert rows == (1000,)


def test_valkey_answers_and_keeps_nothing_on_disk(valkey_url: str) -> None:
    client = redis.Redis.from_url(valkey_url, decode_responses=True)

    assert client.ping()
    assert client.config_get("save") == {"save": ""}
    client.close()


def test_the_local_aws_has_the_services_of_the_pipeline(local_aws: LocalAwsAddress) -> None:
    local_aws.client("s3").create_bucket(Bucket="here")

    assert "here" in [b["Name"] for b in local_aws.client("s3").list_buckets()["Buckets"]]
    assert local_aws.client("events").list_event_buses()["EventBuses"]
    for service, call in (("sqs", "list_queues"), ("sns", "list_topics")):
        answer = getattr(local_aws.client(service), call)()
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "SecretList" in local_aws.client("secretsmanager").list_secrets()
