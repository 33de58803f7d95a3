"""A strategy that trades often, and decides by arithmetic on its parameters alone."""

import zlib
from dataclasses import dataclass
from typing import Annotated

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.parameters import Between, Parameters
from quantzoo.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderParameters(Parameters):
    """`eagerness` is the share of bars, in percent, on which it wants something."""

    salt: Annotated[int, Between(0, 1_000_000)] = 0
    eagerness: Annotated[int, Between(1, 100)] = 40


class Trader(Strategy):
    """Enters long and short, adds, closes, and sets exits; the same on the same bars.

    Now and then it would turn a position around, which the account does not allow.
    """

    parameter_type = TraderParameters
    parameters: TraderParameters

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.seen = 0
        self.backwards = 0  # bars that were not later than the one before
        self.last = ""

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        self.seen += 1
        start = bar.start.isoformat()
        self.backwards += start <= self.last
        self.last = start
        text = f"{self.parameters.salt}:{bar.symbol}:{start}"
        luck = zlib.crc32(text.encode())
        if luck % 100 >= self.parameters.eagerness:
            return
        choice = luck // 100 % 8
        held = ctx.position_size()
        size = max(1, int((500 + luck // 1000 % 4000) / bar.close))
        if held and choice < 5:
            ctx.close_position(reason="enough")
        elif choice == 5 and held >= 0:
            ctx.buy(reason="sized")
        elif choice == 6 and held <= 0:
            ctx.sell(size, reason="short")
        elif held >= 0:
            ctx.buy(size, reason="entry")
            if choice == 7:
                ctx.set_exit(stop=bar.close * 0.998, target=bar.close * 1.002)
        else:
            ctx.buy(size, reason="against its own side")
