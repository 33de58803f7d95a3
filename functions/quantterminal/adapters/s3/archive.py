"""Documents in an S3 bucket. Bodies travel with their length and a checksum (boto3's default)."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.domain.errors import PermanentError, QuantTerminalError, RetryableError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TAKEN = "PreconditionFailed"
_MISSING = {"NoSuchKey", "404"}
# 409: two conditional writes of one key met; S3 asks to try again
_RETRYABLE = {
    "ConditionalRequestConflict",
    "OperationAborted",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "InternalError",
    "ServiceUnavailable",
}


class S3Archive:
    """Implements `ports.archive.Archive`; the client brings its own time-outs and retries."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes, content_type: str) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType=content_type
            )
        except (BotoCoreError, ClientError) as problem:
            raise self._error(problem, key) from problem

    def put_once(self, key: str, body: bytes, content_type: str) -> bool:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                IfNoneMatch="*",
            )
        except ClientError as problem:
            if _code(problem) == _TAKEN:
                return False
            raise self._error(problem, key) from problem
        except BotoCoreError as problem:
            raise self._error(problem, key) from problem
        return True

    def get(self, key: str) -> bytes:
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as problem:
            raise self._error(problem, key) from problem
        return body

    def list(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        try:
            return sorted(each["Key"] for page in pages for each in page.get("Contents", ()))
        except (BotoCoreError, ClientError) as problem:
            raise self._error(problem, prefix) from problem

    def _error(self, problem: BotoCoreError | ClientError, key: str) -> QuantTerminalError:
        where = f"s3://{self._bucket}/{key}"
        if isinstance(problem, BotoCoreError):
            return RetryableError(f"S3 is not reachable for {where}: {problem}")
        if _code(problem) in _MISSING:
            return PermanentError(f"Expected a body at {where}, was none")
        status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if _code(problem) in _RETRYABLE or status >= 500:
            return RetryableError(f"S3 did not answer for {where}: {problem}")
        return PermanentError(f"S3 refused {where}: {problem}")


def _code(problem: ClientError) -> str:
    return str(problem.response.get("Error", {}).get("Code", ""))
