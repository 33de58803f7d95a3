"""`python -m tests.deploy_local.runtime_python`: the interpreter for AWS's runtime client.

The functions' archive holds libraries of one Python minor: Lambda's where this machine has it,
else this environment's own, and the archive is built for that one then.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".venv-lambda" / "bin" / "python"


def minor_of(python: Path) -> str:
    """Like 3.13."""
    asked = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def main() -> int:
    from infra_cdk.constructs.code_bundle import runtime_python

    sys.stdout.write(f"{runtime_python() or sys.executable}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
