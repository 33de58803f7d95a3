"""From the feed to the strategies: bars twice, lost, out of order; signals lost."""

from tests.simulation.bugs.bug import bug
from tests.simulation.planting import Replacement

_BARRIER = "quantterminal.services.minute_barrier"
_DOOR = "quantterminal.services.bar_door"
_EVALUATE = "quantterminal.services.evaluate_bar"
_INGEST = "quantterminal.services.ingest"
_KERNEL = "quantterminal.domain.kernel"

_DUE = "    return snapshot is None or snapshot.last_bar < minute.minute\n"
_DUE_AGAIN = Replacement(
    _EVALUATE, _DUE, "    return snapshot is None or snapshot.last_bar <= minute.minute\n"
)
_GUARD = "    elif bar.start <= run.last_seen:\n"
_NO_GUARD = Replacement(_KERNEL, _GUARD, "    elif bar.start < run.last_seen:\n")

BUGS = (
    bug(
        "redelivered-bar-evaluated-again",
        "a minute that is delivered twice is shown to the strategies twice",
        _DUE_AGAIN,
        _NO_GUARD,
        killer=10,
    ),
    bug(
        "rebroadcast-bar-triggers-again",
        "a bar that the vendor corrects is shown to the strategies again",
        Replacement(
            _DOOR,
            "        seen[bar.start] = revised\n        return Revised(revised)\n",
            "        seen[bar.start] = revised\n        return Accepted(revised)\n",
        ),
        _DUE_AGAIN,
        _NO_GUARD,
        killer=1,
    ),
    bug(
        "old-bar-shown",
        "a bar that comes after its successor is shown to the strategies all the same",
        Replacement(
            _EVALUATE,
            _DUE,
            "    return snapshot is None or snapshot.last_bar != minute.minute\n",
        ),
        Replacement(_KERNEL, _GUARD, "    elif bar.start == run.last_seen:\n"),
        Replacement(
            _DOOR,
            "            raise _RefusedError(BarCode.TIME_BACKWARDS, text)\n",
            "            seen[bar.start] = bar\n            return Accepted(bar)\n",
        ),
        Replacement(
            _BARRIER,
            "        if before_this_life or later_is_out:\n",
            "        if before_this_life:\n",
        ),
        killer=8,
    ),
    bug(
        "signals-lost-on-redelivery",
        "a minute that was evaluated before a crash sends no signals when it comes again",
        Replacement(
            _EVALUATE,
            "recorded = runtime.ledger.signals_of(account, minute.minute, list(bars))\n",
            "recorded = list(signals)\n",
        ),
        killer=10,
    ),
    bug(
        "signals-sent-before-written",
        "signals are on their way before the ledger has them, and a lost race sends others",
        Replacement(
            _EVALUATE,
            "            known = runtime.ledger.snapshots(account, holdings)\n"
            "            continue\n",
            "            return signals\n",
        ),
        killer=14,
    ),
    bug(
        "outbox-emptied-before-it-is-sent",
        "minutes are taken from the outbox before the queue has accepted them",
        Replacement(
            _INGEST,
            "        self._ports.bus.send(self._messages)\n"
            "        sent, self._messages = len(self._messages), []\n",
            "        messages, self._messages = self._messages, []\n"
            "        self._ports.bus.send(messages)\n"
            "        sent = len(messages)\n",
        ),
        killer=43,
    ),
    bug(
        "watermark-before-the-minute",
        "a restart goes on after the last minute that was stored, sent or not",
        Replacement(
            _INGEST,
            "        return session.open if known is None else max(known, session.open)\n",
            "        known = self._ports.bar_store.last_minute()\n"
            "        from quantterminal.domain.bars import MINUTE\n\n"
            "        return session.open if known is None else max(known + MINUTE, session.open)\n",
        ),
        killer=7,
    ),
    bug(
        "same-name-for-a-part",
        "a minute that is told again with the bars that had been missed passes for a duplicate",
        Replacement(
            _BARRIER,
            "    elif closed.no_trade:\n",
            "    elif not name:\n",
        ),
        killer=41,
    ),
    bug(
        "late-bar-dropped",
        "a bar that comes after its minute was closed is stored and goes nowhere",
        Replacement(
            _BARRIER,
            "            return [self._late(bar, received_ns)]\n        if self._first is not None",
            "            return ()\n        if self._first is not None",
        ),
        killer=13,
    ),
)
