"""The local AWS: ministack in its own environment (it pins its own botocore), on loopback only.

Only the services that the pipeline uses are switched on, and Docker is kept out of its reach.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import MissingBinaryError
from local.processes.child import Child, Command, inherited_environment
from local.processes.ready import accepts_connections, free_port, wait_until_ready

_SERVICES = "sqs,s3,events,sns,secretsmanager,sts"


@dataclass(frozen=True, slots=True)
class LocalAwsAddress:
    """Where it is and how to speak to it; the credentials are placeholders by nature."""

    port: int
    region: str = "us-east-1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which an unmodified SDK finds it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, *, url: str | None = None) -> Any:
        """A boto3 client of that service (at its own `url`, where it has one); fails fast, since
        the server is on this machine.
        """
        import boto3
        from botocore.config import Config

        make: Any = boto3.client  # its stubs want the name of the service as a literal
        return make(
            service,
            endpoint_url=url or self.url,
            region_name=self.region,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - the emulator asks for any
            config=Config(
                connect_timeout=2,
                read_timeout=30,
                retries={"max_attempts": 2},
                max_pool_connections=20,
                s3={"addressing_style": "path"},
            ),
        )


def start_local_aws(
    folder: Path, *, logs: Path, services: str = _SERVICES
) -> tuple[Child, LocalAwsAddress]:
    """Start an empty one with these services; returns when it answers."""
    address = LocalAwsAddress(free_port())
    binary = find_binary()
    scratch = folder / "aws"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = {
        **inherited_environment(),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(address.port),
        "SERVICES": services,
        "MINISTACK_REGION": address.region,
        "MINISTACK_WORKER_THREADS": "16",
        "TMPDIR": str(scratch),
        "STATE_DIR": str(scratch),
        "S3_DATA_DIR": str(scratch / "s3"),
        "DOCKER_HOST": f"unix://{scratch}/none.sock",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
    child = Child.start(Command("local-aws", [str(binary)], environment, scratch), logs=logs)
    try:
        wait_until_ready(child, lambda: accepts_connections(address.port))
    except BaseException:
        child.stop()
        raise
    return child, address


def find_binary() -> Path:
    """`ministack`: $QT_LOCAL_AWS_BIN, or the environment `.venv-aws` beside this one."""
    named = os.environ.get("QT_LOCAL_AWS_BIN")
    beside = Path(sys.prefix).parent / ".venv-aws" / "bin" / "ministack"
    candidates = [Path(named)] if named else [beside, Path.cwd() / ".venv-aws/bin/ministack"]
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate
    raise MissingBinaryError(
        f"Expected the local AWS at {candidates[0]}, found nothing there: run `make run` once,"
        " or set QT_LOCAL_AWS_BIN"
    )
