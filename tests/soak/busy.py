"""A strategy that is never content, so that every fault finds orders on their way."""

from dataclasses import dataclass
from typing import Annotated

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.parameters import Between, Parameters
from quantzoo.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyParameters(Parameters):
    """A position is opened on each `every`-th bar and closed on the one after it."""

    every: Annotated[int, Between(2, 10)] = 2


class Busy(Strategy):
    """Long and short in turn. Its state lists every bar that it was shown, in their order."""

    parameter_type = BusyParameters
    parameters: BusyParameters

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002 - the contract's signature
        self.seen: list[str] = []
        self.entries = 0

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        self.seen.append(bar.start.isoformat())
        if ctx.position_size():
            ctx.close_position(reason="that was it")
        elif len(self.seen) % self.parameters.every == 0:
            self.entries += 1
            ask = ctx.buy if self.entries % 2 else ctx.sell
            ask(reason="once more")
