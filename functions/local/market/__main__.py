"""`python -m local.market --config FILE.json`: one process, three ports, one line when ready."""

import argparse
import asyncio
import sys
from pathlib import Path

from local.market.bar_files import BarFileError
from local.market.config import ConfigError, load_config
from local.market.process import Market

_UNUSABLE = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.market", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        market = Market(load_config(arguments.config))
        asyncio.run(market.serve())
    except (ConfigError, BarFileError, OSError) as error:
        print(f"local market: {error}", file=sys.stderr)  # noqa: T201 - the one clear sentence
        return _UNUSABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
