"""Corporate actions in a dictionary, for tests."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from quantterminal.domain.corporate_actions import CorporateAction


class MemoryCorporateActions:
    """Satisfies `ports.corporate_actions.ActionStore`."""

    def __init__(self, *actions: CorporateAction) -> None:
        self._actions = {each.id: each for each in actions}

    def keep(self, actions: Iterable[CorporateAction]) -> int:
        new = [each for each in actions if self._actions.get(each.id) != each]
        self._actions |= {each.id: each for each in new}
        return len(new)

    def actions(
        self, symbols: Collection[str], *, after: date, until: date
    ) -> Sequence[CorporateAction]:
        found = [
            each
            for each in self._actions.values()
            if each.symbol in symbols and after < each.ex_date <= until
        ]
        return sorted(found, key=lambda each: (each.ex_date, each.id))
