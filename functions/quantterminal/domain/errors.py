"""The errors of this package.

QuantTerminalError
├── InvalidValueError (ValueError)   a value object refused what it was given
│   └── StaleStateError              a strategy's state that another version of it has saved
├── IllegalTransitionError           an order event that the table does not allow
├── CalendarRangeError               a date outside the sessions table
├── ConfigurationError               settings that are missing, unknown or out of range
├── MessageError                     a message that cannot be read: quarantined, never retried
├── RetryableError                   failed before any effect, or safe to repeat: try again later
│   └── ConflictError                somebody else wrote first: read again
│       └── GenerationError          decided on a working state that is not the ledger's last
├── AmbiguousError                   sent, and nobody knows whether it arrived: ask, do not repeat
└── PermanentError                   will fail however often it is tried
    ├── OrderRejectedError           the broker proved that it refused the order
    └── CredentialsError             the broker does not take our keys, nor the ones read again
"""


class QuantTerminalError(Exception):
    """Root of all errors that this package raises on purpose."""


class InvalidValueError(QuantTerminalError, ValueError):
    """A value object refused what it was given."""


class StaleStateError(InvalidValueError):
    """The saved state of another strategy, version, set of parameters or set of symbols."""


class IllegalTransitionError(QuantTerminalError):
    """An order event that the transition table does not allow in that state."""


class CalendarRangeError(QuantTerminalError):
    """A date outside the years of the sessions table."""


class ConfigurationError(QuantTerminalError):
    """Settings that are missing, unknown or out of range; the text lists every problem."""


class MessageError(QuantTerminalError):
    """A message that cannot be read; it is quarantined, because trying again cannot help."""


class RetryableError(QuantTerminalError):
    """Failed before any effect, or safe to repeat.

    `retry_after_s` asks for an earlier redelivery than the queue's visibility time-out.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ConflictError(RetryableError):
    """Somebody else wrote first: read again and decide again, soon."""

    def __init__(self, message: str, *, retry_after_s: float | None = 0.5) -> None:
        super().__init__(message, retry_after_s=retry_after_s)


class GenerationError(ConflictError):
    """Decided on a generation of the working state that is not the ledger's: it was rebuilt since,
    or the cache lost its last writes.
    """


class AmbiguousError(QuantTerminalError):
    """A request left, and nobody knows whether it took effect: ask, never repeat blindly."""


class PermanentError(QuantTerminalError):
    """Will fail however often it is tried."""


class OrderRejectedError(PermanentError):
    """The broker proved that it refused the order."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class CredentialsError(PermanentError):
    """The broker does not take our keys, nor the ones read again."""
