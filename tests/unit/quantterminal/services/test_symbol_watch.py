"""What the stream says of a symbol, and which flag follows."""

from datetime import timedelta
from decimal import Decimal

from quantterminal.domain.price_bands import PriceBand
from quantterminal.domain.risk import SymbolFlag
from quantterminal.ports.watermarks import Quote
from quantterminal.services.symbol_watch import SymbolWatch
from tests.unit.quantterminal.services.sample_bars import OPEN, bar, minute

BAND = PriceBand(Decimal("9.50"), Decimal("10.50"))
IN_MINUTE_TWO = minute(2) + timedelta(seconds=10)


def quote(bid: str, ask: str) -> dict[str, Quote]:
    return {"AAA": Quote(Decimal(bid), Decimal(ask), OPEN)}


def test_a_halt_ends_with_a_bar_of_a_minute_that_began_after_it() -> None:
    watch = SymbolWatch()
    watch.halted("AAA", at=IN_MINUTE_TWO)

    watch.traded(bar("AAA", 2))
    watch.traded(bar("BBB", 7))
    assert watch.flags() == {"AAA": SymbolFlag.HALTED}

    watch.traded(bar("AAA", 7))
    assert watch.flags() == {}


def test_a_quote_at_the_band_flags_and_one_inside_takes_the_flag_away() -> None:
    watch = SymbolWatch()
    watch.quoted(quote("9.40", "9.50"))
    assert watch.flags() == {}

    watch.banded("AAA", BAND)
    watch.quoted(quote("9.40", "9.50"))
    assert watch.flags() == {"AAA": SymbolFlag.LULD}

    watch.quoted(quote("9.60", "9.70"))
    assert watch.flags() == {}


def test_the_band_moves() -> None:
    watch = SymbolWatch()
    watch.banded("AAA", BAND)
    watch.banded("AAA", PriceBand(Decimal("9.00"), Decimal("10.00")))

    watch.quoted(quote("9.40", "9.50"))

    assert watch.flags() == {}


def test_a_halt_says_more_than_a_band() -> None:
    watch = SymbolWatch()
    watch.unconfirmed = {"AAA", "BBB"}
    watch.banded("AAA", BAND)
    watch.quoted(quote("9.40", "9.50"))
    watch.halted("AAA", at=IN_MINUTE_TWO)

    assert watch.flags() == {"AAA": SymbolFlag.HALTED, "BBB": SymbolFlag.UNCONFIRMED}


def test_what_an_earlier_life_put_up_stays_until_it_trades_and_the_flags_of_others_are_theirs() -> (
    None
):
    watch = SymbolWatch()
    found = {"AAA": SymbolFlag.HALTED, "BBB": SymbolFlag.SSR, "CCC": SymbolFlag.LULD}
    watch.adopt(found, now=IN_MINUTE_TWO)

    watch.traded(bar("AAA", 2))
    watch.traded(bar("CCC", 3))

    assert watch.flags() == {"AAA": SymbolFlag.HALTED}
