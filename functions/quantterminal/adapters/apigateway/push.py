"""Messages to live sockets through API Gateway's `@connections`."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from quantterminal.domain.errors import PermanentError, RetryableError

_TOO_LARGE = 413


class ApiGatewayPush:
    """Implements `ports.live.Push`; the client is one of `apigatewaymanagementapi`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, connection_id: str, text: str) -> bool:
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=text.encode())
        except BotoCoreError as problem:
            raise RetryableError(f"The live socket is not reachable: {problem}") from problem
        except ClientError as problem:
            return self._refused(problem, len(text))
        return True

    def close(self, connection_id: str) -> None:
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except BotoCoreError as problem:
            raise RetryableError(f"The live socket is not reachable: {problem}") from problem
        except ClientError as problem:
            self._refused(problem, 0)

    def _refused(self, problem: ClientError, length: int) -> bool:
        code = str(problem.response.get("Error", {}).get("Code", ""))
        status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "GoneException":
            return False
        if status == _TOO_LARGE:
            raise PermanentError(f"API Gateway refused {length} characters: {problem}") from problem
        raise RetryableError(f"API Gateway did not take the message: {problem}") from problem
