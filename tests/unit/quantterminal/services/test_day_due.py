from datetime import UTC, date, datetime

import pytest

from quantterminal.domain.errors import MessageError
from quantterminal.services.day_due import day_due

NOW = datetime(2013, 10, 7, 20, 10, tzinfo=UTC)
MONDAY = date(2013, 10, 7)


@pytest.mark.parametrize(
    ("event", "due"),
    [
        ({}, MONDAY),
        ({"time": "2013-10-07T20:10:00Z"}, MONDAY),
        ({"time": "2013-10-07T16:10:00-04:00"}, MONDAY),
        ({"time": "2013-10-07T20:00:00Z"}, MONDAY),  # the close itself
        ({"time": "2013-10-07T19:59:59Z"}, None),
        ({"time": "2013-10-08T03:30:00Z"}, MONDAY),  # still Monday in New York
        ({"time": "2013-10-06T20:10:00Z"}, None),  # Sunday
        ({"time": "2013-11-29T18:10:00Z"}, date(2013, 11, 29)),  # a half day
        ({"time": "2013-11-28T21:10:00Z"}, None),  # Thanksgiving
        ({"day": "2013-10-04"}, date(2013, 10, 4)),
        ({"day": "2013-10-08"}, None),  # not begun yet
        ({"day": "2013-10-06", "force": True}, date(2013, 10, 6)),
        ({"time": "2013-10-07T15:00:00Z", "force": True}, MONDAY),
    ],
)
def test_only_a_session_day_that_has_closed_is_due(
    event: dict[str, object], due: date | None
) -> None:
    assert day_due(event, now=NOW) == due


@pytest.mark.parametrize(
    "event",
    [{"time": "yesterday"}, {"time": "2013-10-07T20:10:00"}, {"day": "07.10.2013"}, {"day": 5}],
)
def test_what_cannot_be_read_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(MessageError, match="Expected"):
        day_due(event, now=NOW)
