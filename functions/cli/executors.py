"""Where the runs of a sweep are made: here, in processes of this machine, or on a cluster.

A cluster's library is imported when it is asked for, and belongs to whoever has one.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from local.errors import UsageError
from quantzoo.research.trials import Executor, InProcess


@contextmanager
def executor_of(processes: int, cluster: str = "") -> Iterator[Executor]:
    """`cluster` is `dask` or `ray`, for one of this machine, or either with `=ADDRESS`.

    Raises UsageError for another name, and when the library is not installed.
    """
    name, _, address = cluster.partition("=")
    try:
        if name == "dask":
            with _dask(address, processes) as executor:
                yield executor
        elif name == "ray":
            with _ray(address, processes) as executor:
                yield executor
        elif name:
            raise UsageError(f"Expected --cluster dask or ray, was {cluster!r}")
        elif processes == 1:
            yield InProcess()
        else:
            with ProcessPoolExecutor(processes) as pool:
                yield pool
    except ModuleNotFoundError as problem:
        if problem.name not in ("distributed", "ray"):
            raise
        raise UsageError(
            f"Expected {problem.name} to be installed for --cluster {name}"
        ) from problem


class DaskExecutor:
    """A client of Dask's distributed scheduler."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def map(self, work: Callable[[Any], Any], each: Iterable[Any], /) -> Iterable[Any]:
        futures = self._client.map(work, list(each), pure=False)
        return list(self._client.gather(futures))


class RayExecutor:
    """The cluster that `ray` is connected to."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray

    def map(self, work: Callable[[Any], Any], each: Iterable[Any], /) -> Iterable[Any]:
        remote = self._ray.remote(work)
        return list(self._ray.get([remote.remote(one) for one in each]))


@contextmanager
def _dask(address: str, processes: int) -> Iterator[Executor]:
    from distributed import Client

    made = {} if address else {"n_workers": processes, "threads_per_worker": 1}
    with Client(address or None, **made) as client:
        yield DaskExecutor(client)


@contextmanager
def _ray(address: str, processes: int) -> Iterator[Executor]:
    import ray  # type: ignore[import-not-found]  # the user's own

    made = {} if address else {"num_cpus": processes}
    ray.init(address=address or None, **made)
    try:
        yield RayExecutor(ray)
    finally:
        ray.shutdown()
