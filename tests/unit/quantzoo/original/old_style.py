"""Strategies as they were written for the original QuantZoo; nothing here knows of this project."""

import math


class Params:
    def __init__(self, lookback: int = 10, contracts: int = 50) -> None:
        self.lookback = lookback
        self.contracts = contracts


class Breakout:
    def __init__(self, params: Params) -> None:
        self.params = params
        self.highs: list[float] = []
        self.unsavable = object()

    def on_start(self, ctx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG002 - the contract's signature
        self.highs = []

    def on_bar(self, ctx, bar) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the peer's own names and untyped calls
        n = self.params.lookback
        if ctx.bar_index() < n or not ctx.in_session("09:35", "15:50"):
            return
        ceiling = max(ctx.get_series("high", -i) for i in range(1, n + 1))
        assert math.isnan(ctx.get_series("close", 1))
        mean_range = (
            sum(ctx.get_series("high", -i) - ctx.get_series("low", -i) for i in range(n)) / n
        )
        self.highs.append(ceiling)
        if ctx.position_size() == 0 and ctx.close > ceiling:
            ctx.buy(self.params.contracts, "Long")
            ctx.set_exit(stop_loss=bar["close"] - 2 * mean_range, trail_points=3 * mean_range)
        elif ctx.position_size() > 0 and bar.low < min(self.highs[-3:]) - 4 * mean_range:
            assert ctx.avg_price() > 0
            ctx.close_position("fell back")


class Names:
    """Uses the context's names as methods, and nothing else."""

    def on_start(self, ctx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG002 - the contract's signature
        self.rose = 0

    def on_bar(self, ctx, bar) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG002 - the contract's signature
        self.rose = self.rose + 1 if ctx.close() > ctx.open() else 0
        spread = ctx.high() - ctx.low()
        if self.rose >= 3 and ctx.in_session() and ctx.position_size() == 0 and ctx.volume() > 0:
            ctx.buy(10)
            ctx.set_exit(stop_loss=ctx.avg_price() or ctx.close() - spread)
        elif self.rose == 0 and ctx.position_size() != 0 and ctx.bar_index() > 5:
            ctx.close_position()


class NextStyle:
    def __init__(self, hold: int = 5) -> None:
        self.hold = hold
        self.entered = None

    def next(self, context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - the peer's own names and untyped calls
        if context.position != 0 and self.entered is not None:
            if context.bar_index - self.entered >= self.hold:
                self.entered = None
                return {"action": "close", "reason": "held"}
            return None
        if context.bar_index < 10 or context.position != 0:
            return None
        if context.current_bar["close"] > context.get_bar(-10)["close"]:
            self.entered = context.bar_index
            return {"action": "buy", "quantity": 20, "reason": "rose"}
        return None
