"""Becomes another program after tying its life to its parent's; run as a script, never imported
for its side effects.

    python -I -S shim.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM [ARGUMENT...]

On Linux the kernel sends DEATH_SIGNAL when the parent dies in whatever way, so that no process
outlives a killed supervisor; elsewhere an orderly end of the parent has to do. Privileges are
dropped first (UID and GID, -1 keeps them), because changing them clears that tie. It may import
the standard library only: it runs without site-packages and as any account.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Does not return when the program could be started; 127 when it could not."""
    parent, death_signal, uid, gid = (int(each) for each in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        return 1  # it died before the tie was made
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.execv(program[0], program)  # noqa: S606 - becoming that program is the purpose
    except OSError as problem:
        sys.stderr.write(f"{program[0]}: {problem.strerror}\n")
    return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
