"""Queues and sockets: acknowledged too early, lost on the way, tried too often."""

from tests.simulation.bugs.bug import bug
from tests.simulation.planting import Replacement

_BATCH = "handlers.batch"
_BUS = "quantterminal.adapters.sqs.queue_bus"
_SESSION = "quantterminal.adapters.alpaca.session"

BUGS = (
    bug(
        "acknowledged-before-the-work",
        "a message is acknowledged though the step has not done its work",
        Replacement(
            _BATCH,
            "            _give_up(record, problem, edge)\n            raise\n"
            "        except Exception as problem:\n",
            "            _give_up(record, problem, edge)\n        except Exception as problem:\n",
        ),
        killer=6,
    ),
    bug(
        "failed-send-forgotten",
        "what a queue did not accept is logged and lost",
        Replacement(
            _BUS,
            '            raise RetryableError(f"Queue {queue} did not accept: {problem}")'
            " from problem\n",
            "            return\n",
        ),
        killer=15,
    ),
    bug(
        "partial-send-forgotten",
        "the entries of a batch that a queue refused are not looked at",
        Replacement(_BUS, "        if failed:\n", "        if len(failed) == len(batch):\n"),
        killer=14,
    ),
    bug(
        "poison-tried-again",
        "a message that nobody can read is tried until it is given up, and blocks its group",
        Replacement(
            _BATCH,
            "            _quarantine(record, problem, edge)\n        except (RetryableError",
            "            _quarantine(record, problem, edge)\n            raise\n"
            "        except (RetryableError",
        ),
        killer=21,
    ),
    bug(
        "backoff-reset-on-authorization",
        "a greeting of the broker's stream begins the waiting anew, so that a socket that falls"
        " at once is opened again at once",
        Replacement(
            _SESSION,
            '        if status != "authorized":\n',
            '        self._backoff.reset()\n        if status != "authorized":\n',
        ),
        directed="tests/unit/quantterminal/adapters/alpaca/test_session.py",
    ),
    bug(
        "unknown-status-falls-into-a-default",
        "an order status that nobody knows is taken for a canceled order",
        Replacement(
            "quantterminal.adapters.alpaca.codec",
            '    if status is None:\n        raise MessageError(f"Expected an order status of the'
            ' broker, was {value!r:.200}")\n',
            "    if status is None:\n        return OrderStatus.CANCELED\n",
        ),
        directed="tests/unit/quantterminal/adapters/alpaca/test_codec.py"
        "::test_an_order_that_cannot_be_understood_is_refused",
    ),
)
