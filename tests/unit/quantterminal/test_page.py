"""The tables of the package's page are made from the code; `--write` style: run this file."""

import inspect
import re
import sys
from pathlib import Path

from quantterminal.domain import risk
from quantterminal.domain.halts import HaltCode
from quantterminal.domain.orders import TRANSITIONS, OrderStatus

PAGE = Path(__file__).parents[3] / "functions" / "quantterminal" / "README.md"


def transitions() -> str:
    ours = [status for status in OrderStatus if status.is_ours]
    final = [status for status in OrderStatus if status.is_final]
    working = [s for s in OrderStatus if s not in ours and s not in final]
    broker = frozenset(working) | frozenset(final)
    lines = ["| status | may become |", "|---|---|"]
    for status in ours:
        targets = [f"`{s}`" for s in OrderStatus if s in TRANSITIONS[status] - broker]
        if broker <= TRANSITIONS[status]:
            targets.append("any status of the broker")
        lines.append(f"| `{status}` | {', '.join(targets) or 'nothing: final'} |")
    for status in working:
        assert TRANSITIONS[status] == broker
    for status in final:
        assert not TRANSITIONS[status]
    lines.append(f"| {', '.join(f'`{s}`' for s in working)} | any status of the broker |")
    lines.append(f"| {', '.join(f'`{s}`' for s in final)} | nothing: final |")
    return "\n".join(lines)


def denials() -> str:
    lines = ["| rule | codes |", "|---|---|"]
    for rule in risk.RULES:
        body = inspect.getsource(rule)
        codes = dict.fromkeys(re.findall(r"DenialCode\.(\w+)", body))
        lines.append(f"| `{rule.__name__}` | {', '.join(f'`{code}`' for code in codes)} |")
    return "\n".join(lines)


def page_with(text: str, name: str, table: str) -> str:
    return re.sub(
        rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end of {name} -->)",
        lambda marks: f"{marks[1]}{table}\n{marks[2]}",
        text,
        flags=re.DOTALL,
    )


def current_page() -> str:
    text = page_with(PAGE.read_text(), "transitions", transitions())
    return page_with(text, "denials", denials())


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    assert PAGE.read_text() == current_page()


def test_every_denial_code_stands_on_the_page() -> None:
    text = PAGE.read_text()
    assert all(f"`{code}`" in text for code in risk.DenialCode)


def test_every_halt_code_that_is_raised_stands_on_the_page() -> None:
    text = PAGE.read_text()
    assert all(f"`{code}`" in text for code in HaltCode)


if __name__ == "__main__":
    PAGE.write_text(current_page())
    sys.stdout.write(f"wrote {PAGE}\n")
