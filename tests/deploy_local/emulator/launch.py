"""Starts the local AWS with what `adapters` adds to it; run by the interpreter of `.venv-aws`.

QT_LAMBDA_PROXY is the base URL that executions of our functions are forwarded to.
"""

import os

from adapters import register
from ministack.app import main

if __name__ == "__main__":
    register(proxy=os.environ["QT_LAMBDA_PROXY"])
    main()
