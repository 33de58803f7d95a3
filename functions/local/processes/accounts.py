"""Running as nobody: PostgreSQL refuses root, so a root run lends it an account that exists.

No account is ever created and nothing outside the run's own folders is changed.
"""

import os
import pwd
import stat
from pathlib import Path

from local.errors import StartError
from local.processes.child import Account

_CANDIDATES = ("nobody", "daemon", "postgres")


def lent_account() -> Account | None:
    """None for a normal user (no change needed), an unprivileged account when this is root."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StartError(
        f"Expected one of the accounts {', '.join(_CANDIDATES)} to run PostgreSQL as, found none;"
        " run as a normal user instead"
    )


def can_reach(account: Account | None, path: Path) -> bool:
    """Whether `account` may enter all folders above `path` and read (and enter) `path` itself.

    None stands for the present user, who is taken to reach what it was given.
    """
    if account is None:
        return True
    path = path.resolve()
    return all(_allows(account, folder, 0o1) for folder in path.parents) and _allows(
        account, path, 0o5
    )


def _allows(account: Account, path: Path, wanted: int) -> bool:
    status = path.stat()
    if status.st_uid == account.uid:
        granted = status.st_mode >> 6
    elif status.st_gid == account.gid:
        granted = status.st_mode >> 3
    else:
        granted = status.st_mode
    return stat.S_IMODE(granted) & wanted == wanted
