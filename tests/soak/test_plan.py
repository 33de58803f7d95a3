from collections import Counter

from tests.soak.plan import HELD, KINDS, MINUTES, RESUME, VERBS, draw

SEEDS = range(1, 51)


def test_a_seed_is_a_plan() -> None:
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_fifty_seeds_have_every_kind_of_fault_several_times() -> None:
    drawn = Counter(kind for seed in SEEDS for kind in {each.kind for each in draw(seed).faults})

    assert {*KINDS, *HELD, RESUME} == set(drawn)
    assert min(drawn.values()) >= 8


def test_what_is_halted_goes_on_before_the_end() -> None:
    for seed in SEEDS:
        faults = draw(seed).faults
        halts = [each.minute for each in faults if each.kind in VERBS]
        ends = [each.minute for each in faults if each.kind == RESUME]
        assert len(halts) == len(ends) <= 1
        assert all(begin < end < MINUTES for begin, end in zip(halts, ends, strict=True))


def test_no_process_is_killed_more_often_than_its_supervisor_bears() -> None:
    for seed in SEEDS:
        words = [each.kind.split() for each in draw(seed).faults]
        kills = Counter(
            name for verb, name, *_ in (w for w in words if len(w) > 1) if verb == "kill"
        )
        assert max(kills.values(), default=0) <= 4
