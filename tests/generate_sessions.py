"""Prints the holiday tables of `quantterminal.domain.sessions` from exchange_calendars.

Run `python tests/generate_sessions.py` and paste what it prints when the exchange announces a
change; `tests/unit/quantterminal/domain/test_sessions.py` holds the table against the library.
"""

import sys
from collections import defaultdict

import exchange_calendars
import pandas as pd

FIRST, LAST = "2010-01-01", "2030-12-31"


def main() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST, end=LAST)
    weekdays = pd.date_range(FIRST, LAST, freq="B")
    holidays = weekdays.difference(calendar.sessions)
    early = calendar.early_closes[calendar.early_closes >= pd.Timestamp(FIRST)]
    for name, days in (("_HOLIDAYS", holidays), ("_EARLY_CLOSES", early)):
        by_year: dict[int, list[str]] = defaultdict(list)
        for day in days:
            by_year[day.year].append(day.strftime("%m%d"))
        sys.stdout.write(f"{name} = {{\n")
        for year, marks in sorted(by_year.items()):
            sys.stdout.write(f'    {year}: "{" ".join(marks)}",\n')
        sys.stdout.write("}\n")


if __name__ == "__main__":
    main()
