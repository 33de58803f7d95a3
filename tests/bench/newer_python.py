"""`python -m tests.bench.newer_python`: an interpreter for the peer that needs Python 3.12 or more.

Looks on the PATH and among pyenv's versions; prints nothing where there is none.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MINORS = ("3.13", "3.12", "3.14")
"""Those that it is built for, the best tried first."""


def candidates() -> Iterator[str]:
    """Interpreters by minor version; whether one runs is not known yet."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in MINORS:
        found = shutil.which(f"python{minor}")
        if found:
            yield found
        for version in sorted(pyenv.glob(f"versions/{minor}.*")):
            yield str(version / "bin" / "python")


def runs(python: str) -> bool:
    """A shim may stand on the PATH for a version that is not switched on."""
    try:
        done = subprocess.run([python, "-c", "import venv"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def main() -> int:
    found = next((each for each in candidates() if runs(each)), "")
    sys.stdout.write(f"{found}\n" if found else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
