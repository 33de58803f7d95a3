"""Prints the operator's alerts at the terminal: here SNS has a person in front of it."""

import json
import logging
import threading
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from local.processes.local_aws import LocalAwsAddress

_log = logging.getLogger(__name__)
_LONG_POLL_S = 1
_TEXT = 200
_CUT = "..."


class AlertPrinter:
    """Follows the queue that is subscribed to the alert topic, on a thread of its own."""

    def __init__(self, aws: LocalAwsAddress, url: str, *, say: Callable[[str], None]) -> None:
        self._sqs = aws.client("sqs")
        self._url = url
        self._say = say
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="alerts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing is asked for any more: the local AWS may go then."""
        self._stopping.set()
        self._thread.join()

    def print_waiting(self, *, wait_s: int = 0) -> int:
        """Print and delete what is there; how many there were."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self._say(f"alert: {alert_line(message['Body'])}")
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self.print_waiting(wait_s=_LONG_POLL_S)
            except (BotoCoreError, ClientError):
                self._stopping.wait(1.0)  # the local AWS is gone, or going


def alert_line(body: str) -> str:
    """One line of an SNS notification: its subject, or the beginning of its text without one.

    A subject that was cut to what SNS allows is completed by the first line of the text.
    """
    notification = json.loads(body)
    subject, message = (str(notification.get(name) or "") for name in ("Subject", "Message"))
    text = " ".join((subject or message).split())
    if subject.endswith(_CUT):
        text = f"{text.partition(': ')[0]}: {message.partition(chr(10))[0]}"
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"
