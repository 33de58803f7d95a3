from datetime import UTC, datetime

import pytest

from quantterminal.adapters.memory.tickets import MemoryTicketDesk
from quantterminal.domain.errors import InvalidValueError
from quantterminal.ports.tickets import Ticket
from quantterminal.services.live_tickets import LIFE_S, admit, issue_ticket

PAGE = "https://page.example"
END = datetime(2026, 11, 24, 15, tzinfo=UTC)


@pytest.fixture
def desk() -> MemoryTicketDesk:
    return MemoryTicketDesk()


def test_a_ticket_admits_once(desk: MemoryTicketDesk) -> None:
    code = issue_ticket("me", PAGE, desk=desk, until=END)
    assert admit(code, PAGE, desk=desk) == Ticket("me", PAGE, until=END)
    assert admit(code, PAGE, desk=desk) is None


def test_another_page_is_refused_and_the_ticket_used_up(desk: MemoryTicketDesk) -> None:
    code = issue_ticket("me", PAGE, desk=desk)
    assert admit(code, "https://elsewhere.example", desk=desk) is None
    assert admit(code, PAGE, desk=desk) is None


def test_a_ticket_lives_for_half_a_minute_at_most(desk: MemoryTicketDesk) -> None:
    code = issue_ticket("me", PAGE, desk=desk)
    desk.now_s = LIFE_S
    assert LIFE_S <= 30
    assert admit(code, PAGE, desk=desk) is None


@pytest.mark.parametrize("code", ["", "nonsense", "x" * 201])
def test_nonsense_admits_nobody(desk: MemoryTicketDesk, code: str) -> None:
    assert admit(code, PAGE, desk=desk) is None


@pytest.mark.parametrize("origin", ["", "null", "file://x", "https://" + "x" * 200])
def test_only_a_page_gets_a_ticket(desk: MemoryTicketDesk, origin: str) -> None:
    with pytest.raises(InvalidValueError, match="Origin"):
        issue_ticket("me", origin, desk=desk)
