"""Strategies over whole columns: for features that have no incremental form, a model's say.

The author writes `features(bars)`, which turns columns of bars into columns of numbers, and
`decide`, which sees their last values. Live and in the backtester it is given the last `window`
bars at each minute, so a feature cannot see a later bar. The same function over a whole history is
what research uses; `qt check` demands that both say the same, bar by bar.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from quantterminal.domain.bars import Bar
from quantterminal.domain.errors import InvalidValueError
from quantterminal.domain.strategy import Context
from quantzoo.strategy import Strategy

NAMES = ("open", "high", "low", "close", "volume")


class FeatureStrategy(Strategy):
    """`window` bars are kept, and saved between bars; nothing is decided before it is full."""

    window: int = 60

    @property
    def warm_up(self) -> int:
        return self.window

    @abstractmethod
    def features(self, bars: Mapping[str, Sequence[float]]) -> Mapping[str, Sequence[float]]:
        """Columns as long as those of `bars`: each value from the bars up to its own, only."""

    @abstractmethod
    def decide(self, ctx: Context, bar: Bar, now: Mapping[str, float]) -> None:
        """Ask for orders; `now` has the last value of each feature."""

    def on_start(self, ctx: Context) -> None:  # noqa: ARG002  the contract's signature
        self.columns: dict[str, list[float]] = {name: [] for name in NAMES}

    def on_bar(self, ctx: Context, bar: Bar) -> None:
        for name, column in self.columns.items():
            column.append(getattr(bar, name))
            del column[: -self.window]
        if len(self.columns["close"]) == self.window:
            self.decide(ctx, bar, last_values(self, self.columns))


def last_values(strategy: FeatureStrategy, bars: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The features at the last of `bars`; raises InvalidValueError for a column of other length."""
    found = strategy.features(bars)
    length = len(bars["close"])
    for name, column in found.items():
        if len(column) != length:
            raise InvalidValueError(
                f"{strategy.name}.features: expected {length} values of {name}, was {len(column)}"
            )
    return {name: column[-1] for name, column in found.items()}
