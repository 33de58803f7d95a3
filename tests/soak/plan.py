"""What is done to one run and when, drawn from a seed.

The seed fixes the market, the faults and the minutes in which they come; where in its work the
kill of a real process finds it is up to the machine, so a replay repeats the plan, not the instant.

Left out, because it would be no fault of the system's: the end of the market process (it is the
world: the exchange, its books and the clock are in its memory) and of the local AWS (its queues are
in its memory, while SQS does not lose what it has accepted). Both end a run with one sentence.
"""

from collections import Counter
from dataclasses import dataclass
from random import Random

MINUTES = 24
SYMBOLS = ("ALDR", "BRKT", "CYGN", "DELV")

# the word of a child's command line, by the supervisor's name for it
KILLED = {
    "container": "ingest_container",
    "pump": "local.pump",
    "web": "local.web_host",
    "valkey": "valkey-server",
    "postgres": "listen_addresses=127.0.0.1",
}
FLUSH = "flush"
_MOST_KILLS = 3  # of one process; at the sixth within a minute the supervisor gives up

# what the market and the pump are told over their control ports, and how often at most
MARKET_FAULTS = {
    "submit_504_after": 2,
    "submit_timeout_after": 1,
    "reject_next": 2,
    "drop_next_update": 2,
    "duplicate_updates": 5,
    "http_429": 3,
    "cut_stream": 1,
    "cut_stream_at_fill": 1,
    "cut_feed": 1,
    "stall_feed": 1,
}
PUMP_FAULTS = {"deliver_again": 4, "send_copy": 4}
VERBS = ("pause", "flatten")
RESUME = "resume"

# done while the broker has an order and has not answered yet: nobody here knows of it
IN_SUBMIT = " in submit"
HELD = tuple(f"{deed}{IN_SUBMIT}" for deed in ("kill pump", "kill postgres", FLUSH))

KINDS = (*(f"kill {name}" for name in KILLED), FLUSH, *MARKET_FAULTS, *PUMP_FAULTS, *VERBS)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is done: `delay_s` real seconds after the market has played `minute`
    minutes. `count` is how many occasions it is armed for.
    """

    minute: int
    delay_s: float
    kind: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    symbols: tuple[str, ...]
    faults: tuple[Fault, ...]


def draw(seed: int) -> Plan:
    """Each seed has its own mix: about half of all kinds, several of each."""
    random = Random(f"chaos:{seed}")
    symbols = SYMBOLS[: random.choice((3, 4))]
    chosen = [kind for kind in KINDS if random.random() < 0.5] or ["kill pump"]
    kinds = [random.choice(chosen) for _ in range(random.randint(8, 16))]
    faults: list[Fault] = []
    done: Counter[str] = Counter()
    for kind in kinds:
        done[kind] += 1
        if kind in VERBS:
            # one halt at a time: the second would be acknowledged as standing already
            if done["pause"] + done["flatten"] == 1:
                faults += _halt(kind, random)
        elif not kind.startswith("kill ") or done[kind] <= _MOST_KILLS:
            faults.append(_fault(kind, random))
    faults += [_fault(kind, random) for kind in HELD if random.random() < 0.3]
    return Plan(seed, symbols, tuple(sorted(faults)))


def _fault(kind: str, random: Random) -> Fault:
    most = {**MARKET_FAULTS, **PUMP_FAULTS}.get(kind, 1)
    # also after the last minute: while the run comes to rest
    minute = random.randint(1, MINUTES)
    return Fault(minute, round(random.uniform(0, 0.15), 3), kind, random.randint(1, most))


def _halt(kind: str, random: Random) -> list[Fault]:
    begin = random.randint(2, MINUTES - 6)
    end = begin + random.randint(2, 5)
    return [Fault(begin, 0.0, kind), Fault(end, 0.0, RESUME)]
