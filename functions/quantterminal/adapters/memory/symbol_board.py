"""Flags of symbols in a dictionary, for tests."""

from quantterminal.domain.errors import RetryableError
from quantterminal.domain.risk import SymbolFlag


class MemorySymbolBoard:
    """Implements `ports.activity.FlaggingBoard`. While `is_down`, nothing can be put or read."""

    def __init__(self) -> None:
        self.is_down = False
        self._flags: dict[str, SymbolFlag] = {}

    def put(self, symbol: str, flag: SymbolFlag | None) -> None:
        self._need_to_be_up()
        if flag is None:
            self._flags.pop(symbol, None)
        else:
            self._flags[symbol] = flag

    def flags(self) -> dict[str, SymbolFlag]:
        self._need_to_be_up()
        return dict(self._flags)

    def _need_to_be_up(self) -> None:
        if self.is_down:
            raise RetryableError("The symbol board is down")
