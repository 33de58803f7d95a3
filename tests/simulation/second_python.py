"""`python -m tests.simulation.second_python`: the interpreter that tells the traces a second time.

Python 3.13 where the tests run on an older one, else 3.11; nothing is printed where this machine
has none, and the environment `.venv-other` is not made then.
"""

import sys

from infra_cdk.constructs.code_bundle import runtime_python
from tests.project_files import ROOT

MINOR = "3.11" if sys.version_info >= (3, 13) else "3.13"
PYTHON = ROOT / ".venv-other" / "bin" / "python"


def main() -> int:
    sys.stdout.write(f"{runtime_python(MINOR) or ''}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
