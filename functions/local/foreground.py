"""Runs a command as the terminal's foreground job, so that Ctrl-C ends the run and nothing else.

A terminal sends Ctrl-C to every process of the foreground job. `make` dies of it and reports a
failure, although the run below it ended well. Here the command gets a process group of its own,
which is the foreground job until it ends. Without a terminal the command takes this process's
place. Nothing about the command is known here.
"""

import os
import signal
import sys

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """The command's exit status, 128 + n when signal n killed it, 127 when it cannot be found."""
    command = sys.argv[1:]
    if not command:
        sys.stderr.write("Expected a command: python -m local.foreground COMMAND [ARGUMENT...]\n")
        return 2
    return _run_in_foreground(command) if _owns_terminal() else _become(command)


def _owns_terminal() -> bool:
    return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()


def _become(command: list[str]) -> int:
    try:
        os.execvp(command[0], command)  # noqa: S606 - the caller's command, without a shell
    except FileNotFoundError:
        sys.stderr.write(f"Expected the program {command[0]}, found nothing there\n")
        return 127


def _run_in_foreground(command: list[str]) -> int:
    # No signal may fall between the fork and the moment when it can be handed on.
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    child = os.fork()
    if child == 0:
        os._exit(_become_foreground_job(command))
    for number in _FORWARDED:
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
    try:
        return _wait(child)
    finally:
        _take_terminal()


def _become_foreground_job(command: list[str]) -> int:
    os.setpgid(0, 0)
    _take_terminal()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
    return _become(command)


def _take_terminal() -> None:
    """Makes this process group the foreground job, which from the background needs permission."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(sys.stdin.fileno(), os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)


def _wait(child: int) -> int:
    """Waits for the end. A Ctrl-Z is undone: nobody could bring a job of a job back."""
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        if os.WIFSIGNALED(status):
            return 128 + os.WTERMSIG(status)
        os.killpg(child, signal.SIGCONT)


if __name__ == "__main__":
    sys.exit(main())
