"""One suite for every archive: in memory, S3 (moto, in process) and the local AWS of `qt run`."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from quantterminal.adapters.memory.archive import MemoryArchive
from quantterminal.adapters.s3.archive import S3Archive
from quantterminal.domain.errors import PermanentError, RetryableError
from quantterminal.ports.archive import Archive

_buckets = count(1)
JSON = "application/json"
UNNAMED_TROUBLE: Any = {
    "Error": {"Code": "Strange"},
    "ResponseMetadata": {"HTTPStatusCode": 503},
}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client(
            "s3",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        client.create_bucket(Bucket="archive")
        yield client


@pytest.fixture(params=["memory", "s3", "local aws"])
def archive(request: pytest.FixtureRequest) -> Archive:
    if request.param == "memory":
        return MemoryArchive()
    if request.param == "local aws":
        client = request.getfixturevalue("local_aws").client("s3")
        bucket = f"archive-{next(_buckets)}"
        client.create_bucket(Bucket=bucket)
        return S3Archive(client, bucket)
    return S3Archive(request.getfixturevalue("s3"), "archive")


def test_put_replaces_what_was_there(archive: Archive) -> None:
    archive.put("reports/demo/day.json", b"first", JSON)
    archive.put("reports/demo/day.json", b"second", JSON)

    assert archive.get("reports/demo/day.json") == b"second"


def test_put_once_keeps_the_first_body(archive: Archive) -> None:
    assert archive.put_once("log", b"first", JSON) is True
    assert archive.put_once("log", b"second", JSON) is False
    assert archive.get("log") == b"first"


def test_an_empty_body_takes_its_key(archive: Archive) -> None:
    assert archive.put_once("log", b"", JSON) is True
    assert archive.put_once("log", b"", JSON) is False
    assert archive.get("log") == b""


def test_a_missing_body_is_a_permanent_error_that_names_the_key(archive: Archive) -> None:
    with pytest.raises(PermanentError, match="nowhere"):
        archive.get("nowhere")


def test_list_answers_the_keys_under_a_prefix_in_order(archive: Archive) -> None:
    for key in ("reports/b/2", "reports/a/1", "trade-log/a/1", "reports/a/0"):
        archive.put(key, b"x", JSON)

    assert list(archive.list("reports/a/")) == ["reports/a/0", "reports/a/1"]
    assert list(archive.list("absent/")) == []


def test_s3_lists_every_page(s3: Any) -> None:
    archive = S3Archive(s3, "archive")
    keys = [f"reports/{number:04}" for number in range(1001)]
    for key in keys:
        archive.put(key, b"", JSON)

    assert archive.list("reports/") == keys


def test_s3_keeps_the_content_type(s3: Any) -> None:
    S3Archive(s3, "archive").put("page.html", b"<p>", "text/html; charset=utf-8")

    assert s3.head_object(Bucket="archive", Key="page.html")["ContentType"] == (
        "text/html; charset=utf-8"
    )


def test_a_missing_bucket_is_permanent(s3: Any) -> None:
    with pytest.raises(PermanentError, match="NoSuchBucket"):
        S3Archive(s3, "elsewhere").put("key", b"", JSON)


class _FailingClient:
    """Raises one error from every call, as a client does whose service is in trouble."""

    def __init__(self, problem: Exception) -> None:
        self._problem = problem

    def put_object(self, **_: object) -> None:
        raise self._problem

    get_object = put_object


@pytest.mark.parametrize(
    "problem",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"),
        ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject"),
        ClientError(UNNAMED_TROUBLE, "PutObject"),
    ],
)
def test_trouble_that_passes_is_retryable(problem: Exception) -> None:
    failing: Any = _FailingClient(problem)
    archive = S3Archive(failing, "archive")

    for call in (
        lambda: archive.put("key", b"", JSON),
        lambda: archive.put_once("key", b"", JSON),
        lambda: archive.get("key"),
    ):
        with pytest.raises(RetryableError):
            call()


def test_a_refusal_is_permanent() -> None:
    denied: Any = _FailingClient(ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"))

    with pytest.raises(PermanentError, match="AccessDenied"):
        S3Archive(denied, "archive").put_once("key", b"", JSON)
