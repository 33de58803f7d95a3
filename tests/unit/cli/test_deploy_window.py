from datetime import UTC, datetime

import pytest

from cli.deploy.window import reason_to_wait


@pytest.mark.parametrize(
    ("utc", "may"),
    [
        ("2026-11-20T12:14", True),  # 07:14 New York
        ("2026-11-20T12:15", False),  # 07:15: within the way to the open
        ("2026-11-20T17:00", False),  # in the session
        ("2026-11-20T21:44", False),  # reports and trade log are being written
        ("2026-11-20T21:45", True),
        ("2026-11-27T17:00", False),  # a half day, before its early close
        ("2026-11-27T18:45", True),  # and after it
        ("2026-11-26T17:00", True),  # Thanksgiving
        ("2026-11-21T17:00", True),  # Saturday
        ("2026-07-01T11:15", False),  # the same New York time in summer
    ],
)
def test_a_deploy_waits_for_the_session_and_what_surrounds_it(
    utc: str,
    may: bool,  # noqa: FBT001 - a column of the table
) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert (reason_to_wait(now) is None) is may


def test_the_refusal_says_when() -> None:
    reason = reason_to_wait(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))
    assert reason is not None
    assert "outside 07:15-16:45 New York" in reason
    assert "Fri 2026-11-20 10:00" in reason
