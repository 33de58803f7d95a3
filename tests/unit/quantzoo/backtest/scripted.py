"""A strategy that does what a test says, minute by minute."""

from dataclasses import dataclass

from quantterminal.domain.bars import Bar
from quantterminal.domain.strategy import Context
from quantzoo.parameters import Parameters
from quantzoo.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Script(Parameters):
    """`orders` such as "0:buy:100 5:close": index of the bar, action, shares."""

    orders: str = ""


class Scripted(Strategy):
    parameter_type = Script
    parameters: Script

    def on_bar(self, ctx: Context, bar: Bar) -> None:  # noqa: ARG002  the contract's signature
        for order in self.parameters.orders.split():
            index, action, *shares = order.split(":")
            if int(index) != ctx.bar_index():
                continue
            if action == "close":
                ctx.close_position()
            else:
                ask = ctx.buy if action == "buy" else ctx.sell
                ask(int(shares[0]) if shares else None)
