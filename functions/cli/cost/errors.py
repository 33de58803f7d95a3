"""Why no estimate can be made; a UsageError ends the command with status 2."""

from local.errors import UsageError


class NotSynthesizedError(UsageError):
    """There are no templates to read."""


class UnpricedError(UsageError):
    """A resource that is neither priced nor known to be free; the text names each."""
