"""What a deploy switches: orders held back until the new code is proved, the database awake.

Held orders wait in their queue and are refused by their age afterwards; a cancel waits as well, so
orders are held outside of sessions only.
"""

from collections.abc import Callable

from cli.deploy.parts import DATABASE, MAPPING, Parts, reader_of
from local.errors import LocalRunError

_TRIES = 90
_PAUSE_S = 20.0


class StillAsleepError(LocalRunError):
    """The database did not become available in half an hour."""


def set_orders(parts: Parts, *, flowing: bool) -> str:
    """Switch the one mapping that hands orders to the function that submits them; its id."""
    client = parts.aws("lambda")
    execution = parts.function("execution").name
    for uuid in parts.of(MAPPING):
        if reader_of(client.get_event_source_mapping(UUID=uuid)) == execution:
            client.update_event_source_mapping(UUID=uuid, Enabled=flowing)
            return uuid
    raise LocalRunError(f"Expected a queue that {execution} reads, found none")


def wake_database(parts: Parts, sleep: Callable[[float], None]) -> bool:
    """Wait until the ledger's instance answers, starting it if it is stopped; whether it was
    asked to start. Raises StillAsleepError.
    """
    client = parts.aws("rds")
    [name] = parts.of(DATABASE)
    asked = False
    status = ""
    for _ in range(_TRIES):
        found = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
        status = str(found["DBInstanceStatus"])
        if status == "available":
            return asked
        if status == "stopped" and not asked:
            client.start_db_instance(DBInstanceIdentifier=name)
            asked = True
        sleep(_PAUSE_S)
    raise StillAsleepError(f"Expected the database {name} to be available, was {status!r}")


def rest_database(parts: Parts) -> str:
    """Stop the instance again, for who has woken it outside of its hours."""
    [name] = parts.of(DATABASE)
    parts.aws("rds").stop_db_instance(DBInstanceIdentifier=name)
    return name
