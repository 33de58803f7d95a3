"""From the options of `qt run` to a plan: every contradiction is found before anything starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from cli.configuration import read_configuration, trading_config
from local.errors import UsageError
from local.market.bar_files import BarFileError, read_recording
from local.market.config import DEFAULT_SYMBOLS
from local.plan import Keys, RunPlan
from quantterminal.domain.configuration import Mode, TradingConfig

_KEY_NAMES = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY", "POLYGON_API_KEY")
_ENDLESS_SESSIONS = 250


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `qt run` as they were typed; what each means stands in its help."""

    bars: Sequence[Path] = ()
    speed: str = "60"
    exits: bool = False
    as_json: bool = False
    port: int = 8420
    seed: int = 7
    sessions: int | None = None
    config: Path | None = None
    symbols: str = ""
    broker: str = "local"
    feed: str = "local"
    cash: Decimal = Decimal(100_000)
    keep: bool = False
    run_dir: Path | None = None


def make_plan(options: RunOptions, environment: Mapping[str, str]) -> RunPlan:
    """Raises UsageError, or ConfigurationError with every problem of the configuration."""
    is_paper = _is_paper(options)
    speed = parse_speed(options.speed)
    if is_paper:
        speed = 1.0
    if options.exits and not options.bars and options.sessions is None:
        sessions = 1
    else:
        sessions = options.sessions or _ENDLESS_SESSIONS
    return RunPlan(
        trading=_trading(options, is_paper=is_paper),
        speed=speed,
        bars=tuple(options.bars),
        seed=options.seed,
        sessions=sessions,
        cash=options.cash,
        exits=options.exits,
        as_json=options.as_json,
        port=options.port,
        keep=options.keep,
        run_dir=options.run_dir,
        keys=_keys(environment) if is_paper else None,
    )


def parse_speed(text: str) -> float:
    """Market seconds per real second; `max` is 0."""
    if text == "max":
        return 0.0
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 < speed <= 10_000:
        raise UsageError(f"Expected --speed max or a number above 0 (1, 60), was {text!r}")
    return speed


def _is_paper(options: RunOptions) -> bool:
    services = (options.broker, options.feed)
    if services == ("local", "local"):
        return False
    if services != ("alpaca-paper", "polygon"):
        raise UsageError(
            "Expected --broker local with --feed local, or --broker alpaca-paper with"
            f" --feed polygon, was --broker {options.broker} with --feed {options.feed}"
        )
    if options.bars or options.exits:
        raise UsageError("Expected neither --bars nor --exit with the real services")
    return True


def _trading(options: RunOptions, *, is_paper: bool) -> TradingConfig:
    found = read_configuration(options.config)
    if found.mode is Mode.LIVE:
        raise UsageError("Expected mode SIMULATED or PAPER: live hosts are not wired in `qt run`")
    mode = Mode.PAPER if is_paper else Mode.SIMULATED
    if found.mode is Mode.PAPER and not is_paper:
        raise UsageError("Expected --broker alpaca-paper --feed polygon for mode PAPER")
    wanted = tuple(each for each in options.symbols.upper().split(",") if each) or found.symbols
    return trading_config(found, symbols=_universe(options, wanted, is_paper=is_paper), mode=mode)


def _universe(options: RunOptions, wanted: tuple[str, ...], *, is_paper: bool) -> tuple[str, ...]:
    if options.bars:
        return _recorded(options.bars, wanted)
    if wanted or not is_paper:
        return wanted or DEFAULT_SYMBOLS
    raise UsageError("Expected --symbols, or symbols in the configuration, for the real feed")


def _recorded(bars: Sequence[Path], wanted: tuple[str, ...]) -> tuple[str, ...]:
    try:
        there = read_recording(bars).symbols
    except (BarFileError, OSError) as problem:
        raise UsageError(str(problem)) from problem
    missing = [symbol for symbol in wanted if symbol not in there]
    if missing:
        raise UsageError(
            f"Expected symbols of the bar files ({', '.join(there)}), was {', '.join(missing)}"
        )
    return wanted or there


def _keys(environment: Mapping[str, str]) -> Keys:
    missing = [name for name in _KEY_NAMES if not environment.get(name)]
    if missing:
        raise UsageError(f"Expected in the environment, but missing: {', '.join(missing)}")
    return Keys(*(environment[name] for name in _KEY_NAMES))
