"""Reads secrets by id; they stay in the process that may read them."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.domain.errors import PermanentError, RetryableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_NOT_NOW = frozenset({"ThrottlingException", "InternalServiceError"})


class SecretsManager:
    """Implements `ports.secrets.Secrets`; RetryableError when the service cannot answer now."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    def read(self, secret_id: str) -> dict[str, str]:
        try:
            text = self._client.get_secret_value(SecretId=secret_id)["SecretString"]
        except ClientError as problem:
            code = problem.response.get("Error", {}).get("Code", "")
            if code in _NOT_NOW:
                raise RetryableError(f"Secret {secret_id!r} was not read: {code}") from problem
            raise PermanentError(f"Secret {secret_id!r} is not readable: {code}") from problem
        except BotoCoreError as problem:
            raise RetryableError(f"Secret {secret_id!r} was not read: {problem}") from problem
        fields = json.loads(text)
        return {name: str(value) for name, value in fields.items()}
