"""`python -m local.cache_view`: the working state as JSON, as any process of the run reads it."""

import json
import sys

from quantterminal import bootstrap


def main() -> int:
    sys.stdout.write(json.dumps(bootstrap.inspect_cache()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
