"""A run of the compiled engine from beginning to end."""

from collections.abc import Iterator, Sequence

from quantzoo.backtest.compiled_columns import compiled_wilder
from quantzoo.backtest.compiled_engine import CompiledEngine, NotCompiledError, compiled_engine
from quantzoo.backtest.compiled_sights import BlockSights, column_sights
from quantzoo.backtest.engine import Progress, Setting
from quantzoo.backtest.lanes import Lane
from quantzoo.backtest.stretches import BLOCK, STRETCH, Blocks, go, stretches
from quantzoo.backtest.tape import Tape


def compiled_run(
    setting: Setting,
    tape: Tape,
    lanes: Sequence[Lane],
    *,
    is_by_bars: bool,
    progress: Progress | None,
) -> CompiledEngine | str:
    """The engine when it is done, or why it cannot be; then nothing of `lanes` was used."""
    engine = compiled_engine(setting, tape, lanes)
    if isinstance(engine, str):
        return engine
    try:
        go(engine, _by_bars(engine) if is_by_bars else _by_columns(engine), progress)
    except NotCompiledError as error:
        return str(error)
    return engine


def _by_columns(engine: CompiledEngine) -> Iterator[tuple[int, int]]:
    for columns in engine.tape.columns:
        columns.recursion = compiled_wilder
    engine.look(column_sights(engine.lanes, engine.tape))
    yield from stretches(len(engine.tape), STRETCH)


def _by_bars(engine: CompiledEngine) -> Iterator[tuple[int, int]]:
    blocks = Blocks(engine.tape, engine.lanes, recursion=compiled_wilder)
    sights = BlockSights(blocks.lanes, BLOCK)
    for begin, end in blocks:
        engine.leave()
        engine.look(sights.load(begin, end))
        yield begin, end
