"""The local AWS of a deployment: every service, and executions forwarded to us."""

from pathlib import Path

from local.processes.child import Child, Command, inherited_environment
from local.processes.local_aws import LocalAwsAddress, find_binary
from local.processes.ready import accepts_connections, free_port, wait_until_ready

_LAUNCHER = Path(__file__).with_name("emulator") / "launch.py"
ACCOUNT = "000000000000"


def start_cloud(folder: Path, *, logs: Path, proxy: str) -> tuple[Child, LocalAwsAddress]:
    """Start an empty one on loopback; returns when it answers."""
    address = LocalAwsAddress(free_port())
    scratch = folder / "aws"
    scratch.mkdir()
    environment = {
        **inherited_environment(),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(address.port),
        "MINISTACK_REGION": address.region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_WORKER_THREADS": "32",
        "TMPDIR": str(scratch),
        "STATE_DIR": str(scratch),
        "S3_DATA_DIR": str(scratch / "s3"),
        "DOCKER_HOST": f"unix://{scratch}/none.sock",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "QT_LAMBDA_PROXY": proxy,
    }
    argv = [str(find_binary().with_name("python")), str(_LAUNCHER)]
    child = Child.start(Command("local-aws", argv, environment, scratch), logs=logs)
    try:
        wait_until_ready(child, lambda: accepts_connections(address.port))
    except BaseException:
        child.stop()
        raise
    return child, address
