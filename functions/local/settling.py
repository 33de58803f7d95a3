"""Coming to rest: empty queues, and a ledger that knows of every order what the broker knows.

Both take their time after a failure (a message that a handler could not take stays hidden for up
to three minutes; an update that the stream lost is imported by a reconciliation), so patience is
long, and it ends in a sentence that names what is left.
"""

import time
from collections.abc import Mapping
from typing import Any, Protocol

from local.books import broker_orders, compare_orders
from local.errors import PipelineStuckError
from local.pipeline import Pipeline

_AGREE_WITHIN_S = 90.0
_EMPTY_WITHIN_S = 400.0
_RECONCILE_AFTER_S = 2.0
_RECONCILE_EVERY_S = 1.0
_SHOWN = 3


class Player(Protocol):
    """Takes a run through its data, stepping the market or watching it."""

    def play(self) -> None:
        """Return at the end of the data, or when stopped."""
        ...

    def settle(self) -> None:
        """Return when everything has come to rest, or when stopped."""
        ...

    def stop(self) -> None: ...

    def disturb(self) -> None:
        """A process was started again."""
        ...


class Settling:
    """One wait for rest."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._began = time.monotonic()
        self._reconciled = 0.0

    def moved(self) -> None:
        """Something was handled: patience begins anew."""
        self._began = time.monotonic()

    def queues_are_empty(self) -> bool:
        """Raises PipelineStuckError when they have not been for too long."""
        depths = self._pipeline.depths()
        if depths and self._waited_s() > _EMPTY_WITHIN_S:
            names = ", ".join(f"{name} ({depth})" for name, depth in depths.items())
            raise PipelineStuckError(
                f"Expected empty queues, but their functions keep failing: {names} (log: pump.log)"
            )
        return not depths

    def orders_agree(self, state: Mapping[str, Any]) -> bool:
        """Ledger against broker; raises PipelineStuckError when they stay apart for too long."""
        differences = compare_orders(self._pipeline.ledger_orders(), broker_orders(state))
        if differences and self._waited_s() > _AGREE_WITHIN_S:
            rest = f" and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
            raise PipelineStuckError(
                f"Ledger and broker stay apart for {_AGREE_WITHIN_S:.0f} s:"
                f" {'; '.join(differences[:_SHOWN])}{rest}"
            )
        return not differences

    def reconcile_now_and_then(self) -> None:
        """After a while of waiting, once a second: what the stream lost is imported over REST."""
        now = time.monotonic()
        if self._waited_s() > _RECONCILE_AFTER_S and now - self._reconciled > _RECONCILE_EVERY_S:
            self._reconciled = now
            at = self._pipeline.market_state()["now"]
            self._pipeline.invoke("reconcile", {"time": at})

    def _waited_s(self) -> float:
        return time.monotonic() - self._began
