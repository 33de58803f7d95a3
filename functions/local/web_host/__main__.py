"""`python -m local.web_host --port N`: the dashboard of a one-machine run."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from local.processes.python_module import log_to_stderr
from local.pump.lambda_function import LambdaFunction
from local.web_host.app import Backend, WebHost
from quantterminal import topology

_DIST = Path(__file__).resolve().parents[3] / "web" / "dist"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="local.web_host")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)
    log_to_stderr()
    from handlers import live

    backend = Backend(
        api=LambdaFunction(topology.function("api")),
        live=LambdaFunction(topology.function("live")),
        frame=live.frame,
    )
    dist = Path(os.environ.get("QT_WEB_DIST", _DIST))
    host = WebHost(backend, dist=dist, port=options.port)
    web.run_app(
        host.app(),
        host="127.0.0.1",
        port=options.port,
        access_log=None,
        print=None,
        shutdown_timeout=0.5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
