"""`python -m tests.simulation run|replay|crashes|bugs`: many sessions, one again, every crash, or
every planted bug.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence

from tests.simulation.bugs import CATALOGUE
from tests.simulation.campaign import run, session
from tests.simulation.hunt import hunt_all, lines
from tests.simulation.report import command, told
from tests.simulation.shrink import Shrinker
from tests.simulation.systematic import every_crash


def tell(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def replay(seed: int, *, bars: int | None, shrinks: bool, prints_trace: bool) -> int:
    """Tell one session again; 1 when it violates an invariant."""
    outcome = session(seed, bars=bars, keeps_lines=prints_trace)
    tell(f"{at_us / 1_000_000:12.6f} {line}" for at_us, line in outcome.trace.lines)
    tell([f"trace {outcome.trace.hexdigest()} of {outcome.trace.count} lines"])
    if not outcome.violations:
        tell(["every invariant holds"])
        return 0
    tell(map(str, outcome.violations))
    tell(told(Shrinker(outcome).shrink()) if shrinks else [command(seed, "--shrink")])
    return 1


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    verbs = parser.add_subparsers(dest="verb", required=True)
    many = verbs.add_parser("run", help="many seeded sessions")
    many.add_argument("--seeds", type=int, default=300)
    many.add_argument("--first", type=int, default=1)
    many.add_argument("--workers", type=int, default=2)
    one = verbs.add_parser("replay", help="one session again")
    one.add_argument("seed", type=int)
    one.add_argument("--bars", type=int)
    one.add_argument("--shrink", action="store_true")
    one.add_argument("--trace", action="store_true")
    crashes = verbs.add_parser(
        "crashes", help="every effect of every flow fails once, in every way"
    )
    crashes.add_argument("--pairs", action="store_true", help="two effects of one flow fail")
    crashes.add_argument("--workers", type=int, default=2)
    bugs = verbs.add_parser("bugs", help="every planted bug is found, after how many seeds")
    bugs.add_argument("--seeds", type=int, default=300)
    bugs.add_argument("--only", default="")
    bugs.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    if chosen.verb == "bugs":
        names = [each.name for each in CATALOGUE if chosen.only in each.name]
        hunts = list(hunt_all(names, most=chosen.seeds, workers=chosen.workers))
        tell(lines(hunts))
        return 0 if hunts and all(each.is_found for each in hunts) else 1
    if chosen.verb == "replay":
        return replay(
            chosen.seed, bars=chosen.bars, shrinks=chosen.shrink, prints_trace=chosen.trace
        )
    if chosen.verb == "crashes":
        result = every_crash(in_pairs=chosen.pairs, workers=chosen.workers)
        tell(result.lines())
        return 1 if result.failed else 0
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    tally = run(seeds, workers=chosen.workers, tell=tell)
    tell(tally.lines())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
