"""A run in real time: the market goes by itself, threads of the pump move the messages.

There is nothing to do but to see when the data ends and when everything has come to rest.
"""

import threading
from collections.abc import Callable
from datetime import datetime

from local.json_http import RemoteError
from local.pipeline import Pipeline
from local.settling import Settling

_LOOK_EVERY_S = 0.25
_CALM_LOOKS = 3


class Watcher:
    """Satisfies `settling.Player` for a market that plays by itself."""

    def __init__(self, pipeline: Pipeline, *, on_time: Callable[[datetime], None]) -> None:
        self._pipeline = pipeline
        self._on_time = on_time
        self._stopping = threading.Event()

    def play(self) -> None:
        self._pipeline.start_clock()
        while not self._stopping.wait(_LOOK_EVERY_S):
            state = self._pipeline.market_state()
            self._on_time(datetime.fromisoformat(state["now"]))
            if state["ended"]:
                return

    def settle(self) -> None:
        """Rest is what several looks in a row find, because messages move in between."""
        settling = Settling(self._pipeline)
        calm = 0
        while calm < _CALM_LOOKS and not self._stopping.wait(_LOOK_EVERY_S):
            try:
                is_calm = settling.queues_are_empty() and settling.orders_agree(
                    self._pipeline.market_state()
                )
                calm = calm + 1 if is_calm else 0
                if not is_calm:
                    settling.reconcile_now_and_then()
            except RemoteError:
                calm = 0  # the pump is being started again

    def stop(self) -> None:
        self._stopping.set()

    def disturb(self) -> None:
        """Nothing is remembered between two looks."""
