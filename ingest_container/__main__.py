"""`python -m ingest_container`: the process of the ingest task."""

import asyncio
import os
import sys
import traceback

from ingest_container.process import settle_memory
from ingest_container.shell import run
from quantterminal.bootstrap import container_runtime
from quantterminal.domain.errors import ConfigurationError
from quantterminal.settings import read_settings

_DEFAULT_HEALTH_PORT = "8080"
_REPLAY_TICK_S = 0.002  # a stepped replay waits for us to see its clock move
_TICK_S = 0.1


def main() -> int:
    try:
        settings = read_settings()
        port = int(settings.get("QT_HEALTH_PORT", _DEFAULT_HEALTH_PORT))
        tick_every_s = _REPLAY_TICK_S if settings.get("QT_CLOCK_FILE") else _TICK_S
        runtime = container_runtime(settings)
        settle_memory()
        asyncio.run(run(runtime, health_port=port, tick_every_s=tick_every_s))
    except (ConfigurationError, OSError, ValueError) as problem:
        print(f"ingest container: {problem}", file=sys.stderr)  # noqa: T201 - the one clear sentence
        return 2
    except Exception:  # noqa: BLE001 - the process edge: say it and let the supervisor start anew
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread may be in a call that blocks for seconds. Nothing is lost by leaving it: crash-only.
    os._exit(code)
