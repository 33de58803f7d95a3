"""The client of the working state: short time-outs, few tries, errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from quantterminal.domain.errors import RetryableError

# redis-py's annotations say bytes | str and awaitables whatever the client is, so they say nothing
Client = Any

CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 2.0
_RETRIES = 2  # three tries in all; every script is safe to repeat


def connect(url: str, *, username: str | None = None, password: str | None = None) -> Client:
    """A client that answers strings. Nothing is connected until the first command."""
    return redis.Redis.from_url(
        url,
        username=username,
        password=password,
        decode_responses=True,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=READ_TIMEOUT_S,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.4), _RETRIES),
        retry_on_error=[redis.ConnectionError, redis.TimeoutError],
    )


@contextmanager
def reachable() -> Iterator[None]:
    """Translates the client's errors; a store that cannot be read is never taken for empty."""
    try:
        yield
    except redis.RedisError as problem:
        raise RetryableError(
            f"The working state is not reachable: {problem}", retry_after_s=1.0
        ) from problem
