from local.restarts import Restarts


def test_five_restarts_in_a_minute_are_allowed_and_no_sixth() -> None:
    restarts = Restarts()

    allowed = [restarts.may_restart("pump", now=float(second)) for second in range(6)]

    assert allowed == [True] * 5 + [False]


def test_each_process_has_its_own_count_and_old_restarts_are_forgotten() -> None:
    restarts = Restarts()
    for second in range(5):
        restarts.may_restart("pump", now=float(second))

    assert restarts.may_restart("container", now=5.0)
    assert restarts.may_restart("pump", now=61.0)
