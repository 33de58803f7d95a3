"""One run from start to end: processes, restarts, the data, the way out.

The calling thread starts and watches the processes; the data is played by a thread beside it.
"""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

import psycopg

from local.alerts import AlertPrinter
from local.books import LedgerOrders
from local.conductor import Conductor
from local.ending import finish
from local.errors import StartError, UsageError
from local.json_http import RemoteError
from local.pipeline import Pipeline
from local.plan import RunPlan
from local.progress import Progress
from local.restarts import Restarts
from local.run_folder import RunFolder
from local.servers import Servers
from local.settling import Player
from local.summary import Summary, read_cache, read_summary
from local.watching import Watcher

_LOOK_EVERY_S = 0.05
_CONNECTED_WITHIN_S = 60.0
_STORES_BACK_WITHIN_S = 15.0
_INTERRUPTED = 130


def run(plan: RunPlan, *, progress: Progress, show: Callable[[Summary], None]) -> int:
    """The exit status: 0, 1 when the books do not agree, 130 when a run that should have come to
    its end was interrupted. Raises LocalRunError; no process is left behind in any case.
    """
    _claim_port(plan.port)
    folder = RunFolder.make(plan.run_dir, now=datetime.now(UTC))
    servers = Servers(plan, folder)
    ended_well = False
    try:
        with _interruption() as interrupted:
            try:
                code = Run(plan, servers, progress=progress, show=show, stop=interrupted).run()
                ended_well = True
            finally:
                servers.stop()
    finally:
        if not ended_well:
            folder.keep_logs()
            progress.say(f"logs: {folder.logs}")
        elif not plan.keep:
            folder.remove()
    return code


class Run:
    """The life of one run; `stop` is set when a person wants it to end."""

    def __init__(
        self,
        plan: RunPlan,
        servers: Servers,
        *,
        progress: Progress,
        show: Callable[[Summary], None],
        stop: threading.Event,
    ) -> None:
        self._plan = plan
        self._servers = servers
        self._progress = progress
        self._show = show
        self._stop = stop
        self._began = time.monotonic()
        self._restarts = Restarts()
        self._player: Player | None = None
        self._alerts: AlertPrinter | None = None
        self._ledger_orders: LedgerOrders | None = None
        self._ended = threading.Event()
        self._problem: BaseException | None = None
        self._agrees = True

    def run(self) -> int:
        try:
            if self._start():
                self._progress.say(
                    f"QuantTerminal [{self._plan.trading.mode}] http://127.0.0.1:{self._plan.port}"
                )
                self._watch_until_done()
        finally:
            self._let_go()
        if self._stop.is_set():
            return _INTERRUPTED if self._plan.exits else 0
        return 0 if self._agrees else 1

    def _let_go(self) -> None:
        """Of what asks the servers, before they go."""
        if self._alerts is not None:
            self._alerts.stop()
        if self._player is not None:
            self._player.stop()
        if self._ledger_orders is not None:
            self._ledger_orders.close()

    def _start(self) -> bool:
        """Everything, in order; False when a person lost patience."""
        servers, now = self._servers, datetime.now(UTC)
        phases: list[Callable[[], None]] = [servers.start_stores]
        if self._plan.is_local_market:
            servers.start_market()
            now = datetime.fromisoformat(servers.client("market").get("/state")["now"])
        phases.append(lambda: servers.prepare(at=now))
        phases.append(lambda: servers.start_pipeline(started=now))
        phases.append(self._start_playing)
        for phase in phases:
            if self._stop.is_set():
                return False
            phase()
        return True

    def _start_playing(self) -> None:
        if self._servers.aws is not None and self._servers.resources is not None:
            url = self._servers.resources.alert_queue_url
            self._alerts = AlertPrinter(self._servers.aws, url, say=self._progress.say)
            self._alerts.start()
        if self._plan.is_local_market:
            pipeline = self._pipeline()
            self._wait_until_connected(pipeline)
            on_time = self._progress.market_time
            self._player = (
                Conductor(pipeline, on_step=lambda step: on_time(step.now))
                if self._plan.is_stepped
                else Watcher(pipeline, on_time=on_time)
            )
            work = threading.Thread(
                target=self._play, args=(pipeline, self._player), name="player", daemon=True
            )
            work.start()

    def _play(self, pipeline: Pipeline, player: Player) -> None:
        """The thread beside: to the end of the data, and to the summary where one is wanted."""
        try:
            player.play()
            if self._stop.is_set():
                return
            if self._plan.exits:
                finish(pipeline, player)
                self._sum_up(pipeline)
            else:
                self._progress.say("The data has ended; the page stays up until Ctrl-C.")
        except BaseException as problem:  # noqa: BLE001 - carried to the thread that decides
            self._problem = problem
        finally:
            self._ended.set()

    def _sum_up(self, pipeline: Pipeline) -> None:
        if self._stop.is_set():
            return
        summary = self._read_summary(pipeline)
        self._agrees = summary.agreement.agree
        self._show(summary)

    def _read_summary(self, pipeline: Pipeline) -> Summary:
        """Once more when a store went away in between: it is being started again."""
        deadline = time.monotonic() + _STORES_BACK_WITHIN_S
        while True:
            try:
                cache = read_cache(self._servers.environment)
                with psycopg.connect(self._servers.ledger.url) as connection:
                    return read_summary(
                        connection,
                        self._plan.trading.account,
                        state=pipeline.market_state(),
                        cache=cache,
                        duration_s=time.monotonic() - self._began,
                    )
            except (StartError, psycopg.OperationalError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_EVERY_S)

    def _watch_until_done(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            self._look_after_children()
            if not self._ended.is_set():
                continue
            if self._problem is not None:
                raise self._problem
            if self._plan.exits:
                return

    def _look_after_children(self) -> None:
        for name, child in list(self._servers.children.items()):
            if child.is_running:
                continue
            if not self._servers.may_restart(name):
                raise StartError(
                    f"{name} stopped ({child.ending()}), and the run with it (log: {child.log})"
                )
            if not self._restarts.may_restart(name, now=time.monotonic()):
                raise StartError(
                    f"{name} stopped ({child.ending()}) for the sixth time within a minute:"
                    f" {child.last_words()} (log: {child.log})"
                )
            self._progress.say(f"{name} stopped ({child.ending()}), starting it again")
            child.stop()
            try:
                self._servers.restart(name)
            except StartError as problem:
                self._progress.say(f"{problem}")  # it counts as one more end at the next look
            if self._player is not None:
                self._player.disturb()

    def _wait_until_connected(self, pipeline: Pipeline) -> None:
        """Feed and broker stream are live before the first price moves."""
        deadline = time.monotonic() + _CONNECTED_WITHIN_S
        while not self._stop.wait(_LOOK_EVERY_S):
            self._look_after_children()
            try:
                if pipeline.container().is_live:
                    return
            except RemoteError:
                continue
            if time.monotonic() > deadline:
                raise StartError(
                    "Expected the container to be connected to feed and broker within"
                    f" {_CONNECTED_WITHIN_S:.0f} s, was not (log: container.log)"
                )

    def _pipeline(self) -> Pipeline:
        self._ledger_orders = LedgerOrders(self._servers.ledger.url, self._plan.trading.account)
        return Pipeline(
            market=self._servers.client("market"),
            container=self._servers.client("container"),
            pump=self._servers.client("pump"),
            ledger_orders=self._ledger_orders,
        )


def _claim_port(port: int) -> None:
    """Raises UsageError when somebody listens on the page's port already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise UsageError(
                f"Expected port {port} to be free, but it is not ({problem.strerror});"
                " choose another one with --port"
            ) from problem


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """An event that SIGINT, SIGTERM and SIGHUP set instead of what they did before."""
    wanted = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        wanted.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield wanted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
