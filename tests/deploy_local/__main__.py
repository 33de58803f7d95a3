"""`python -m tests.deploy_local`: exit status 0 when everything that was checked holds."""

import argparse
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from local.errors import LocalRunError
from local.market.config import DEFAULT_SYMBOLS
from tests.deploy_local.cdk import CLI, Cdk, local_context, synth
from tests.deploy_local.checks.calls import check_calls
from tests.deploy_local.checks.functions import check_functions
from tests.deploy_local.checks.messaging import check_messaging
from tests.deploy_local.checks.surroundings import check_surroundings
from tests.deploy_local.checks.timing import check_alarms, check_schedules
from tests.deploy_local.cloud import ACCOUNT, start_cloud
from tests.deploy_local.findings import CheckFailedError, Findings
from tests.deploy_local.fleet import Fleet
from tests.deploy_local.ground import start_ground
from tests.deploy_local.hour import play_hour
from tests.deploy_local.inventory import Inventory
from tests.deploy_local.life import check_destroy, check_no_change, check_update
from tests.deploy_local.runtime_python import RUNTIME, minor_of
from tests.e2e.qt_process import write_bars

MINUTES = 60
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class DeployLocal:
    """One run, from an empty local AWS to an empty local AWS."""

    def __init__(self, folder: Path, findings: Findings, stack: ExitStack) -> None:
        self._folder = folder
        self._findings = findings
        logs = folder / "logs"
        logs.mkdir()
        bars = folder / "hour.csv"
        self._rows = write_bars(bars, symbols=DEFAULT_SYMBOLS, minutes=MINUTES, seed=7)
        self._ground = start_ground(folder, logs=logs, bars=bars, symbols=DEFAULT_SYMBOLS)
        stack.callback(self._ground.stop)
        self._fleet = Fleet(folder, python=RUNTIME, logs=logs)
        stack.callback(self._fleet.stop)
        child, address = start_cloud(folder, logs=logs, proxy=self._fleet.url)
        stack.callback(child.stop)
        self._address = address
        self._fleet.serve(address, self._ground)
        self._cdk = Cdk(address, folder, ACCOUNT)
        self._inventory = Inventory(address)
        self._context = {
            "config": str(self._ground.configuration()),
            **local_context(MACHINES[platform.machine()], minor_of(RUNTIME)),
        }

    def run(self) -> None:
        findings = self._findings
        with findings.chapter("Two builds of the app, the second with one value changed"):
            templates = self._synth("cdk.out")
            changed = self._synth("cdk-changed.out", retention_days=401)
        with findings.chapter("Deploying with the CDK's own command line"):
            self._cdk.bootstrap()
            self._cdk.deploy(templates)
            states = {name: each["StackStatus"] for name, each in self._inventory.stacks.items()}
            for name, state in sorted(states.items()):
                findings.equal(f"stack {name}", state, "CREATE_COMPLETE")
            self._ground.fill_secrets(self._inventory)
        with findings.chapter("From the outside, against the topology"):
            check_messaging(findings, self._inventory)
            check_functions(findings, self._inventory, self._context["machine"])
            check_schedules(findings, self._inventory)
            check_alarms(findings, self._inventory)
            check_surroundings(findings, self._inventory)
        with findings.chapter("Every deployed archive under AWS's runtime client"):
            self._start_functions()
        with findings.chapter(f"{MINUTES} recorded minutes through what was deployed"):
            play_hour(
                findings,
                ground=self._ground,
                fleet=self._fleet,
                inventory=self._inventory,
                bars=self._rows,
            )
        with findings.chapter("What the hour does not call"):
            check_calls(
                findings,
                self._inventory,
                fleet=self._fleet,
                ground=self._ground,
                address=self._address,
            )
        with findings.chapter("Deploying again, changing one value, destroying"):
            check_no_change(findings, self._cdk, templates)
            check_update(findings, self._cdk, self._inventory, changed)
            check_destroy(findings, self._cdk, self._inventory, changed)

    def _synth(self, name: str, **changes: Any) -> Path:
        return synth(self._folder / name, {**self._context, **changes})

    def _start_functions(self) -> None:
        for name, configuration in self._inventory.functions.items():
            execution = self._fleet.execution(configuration["FunctionName"])
            took_s = execution.start()
            self._findings.holds(f"{name} comes up ({took_s:.1f} s)", execution.is_up)
        self._findings.note(f"on Python {minor_of(RUNTIME)}; variables replaced on this machine:")
        self._findings.note(", ".join(sorted(self._fleet.replaced)))


@contextmanager
def _folder(findings: Findings) -> Iterator[Path]:
    """A temporary folder; its logs stay where something failed."""
    folder = Path(tempfile.mkdtemp(prefix="quantterminal-deploy-"))
    done = False
    try:
        yield folder
        done = not findings.failed
    finally:
        if done:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            sys.stdout.write(f"\nlogs: {folder / 'logs'}\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.deploy_local", description=__doc__)
    parser.add_argument("--brief", action="store_true", help="only failures and chapters")
    findings = Findings(brief=parser.parse_args().brief)
    for path in (RUNTIME, CLI):
        if not path.exists():
            sys.stderr.write(f"deploy-local: expected {path}: run `make deploy-local`\n")
            return 2
    try:
        with _folder(findings) as folder, ExitStack() as stack:
            DeployLocal(folder, findings, stack).run()
    except (CheckFailedError, LocalRunError) as problem:
        findings.failed.append(str(problem))
    sys.stdout.write(f"\n{findings.summary()}\n")
    return 1 if findings.failed else 0


if __name__ == "__main__":
    sys.exit(main())
