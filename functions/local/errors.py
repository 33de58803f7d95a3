"""Why a one-machine run cannot start or go on; each text is one sentence for the person at the
terminal, and each class has the exit status that the command ends with.

LocalRunError                exit 1
├── MissingBinaryError       a program that the run needs is not installed
├── StartError               a process of the run did not become ready, or died for good
├── PipelineStuckError       the books stay apart although everything had its chance
└── UsageError               exit 2: a busy port, a malformed file, wrong settings
"""


class LocalRunError(Exception):
    """Root of all errors that end a one-machine run on purpose."""

    exit_code = 1


class MissingBinaryError(LocalRunError):
    """A program that the run needs is not installed; the text says what to run."""


class StartError(LocalRunError):
    """A process of the run did not become ready, or died for good; the text names its log."""


class PipelineStuckError(LocalRunError):
    """Ledger and broker stay apart; the text names what differs."""


class UsageError(LocalRunError):
    """What was asked for cannot be done: a busy port, a malformed file, wrong settings."""

    exit_code = 2
