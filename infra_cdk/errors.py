"""The errors of this package, all of them raised while the templates are made.

InfraError
├── DeploymentError   the configuration is wrong; the text lists every problem
└── BundlingError     the functions' code could not be put together; holds what uv or Python said
"""


class InfraError(Exception):
    """Root of all errors that the stacks raise on purpose."""


class DeploymentError(InfraError):
    """The configuration is wrong; the text lists every problem."""


class BundlingError(InfraError):
    """The functions' code could not be put together."""
