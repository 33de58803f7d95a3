"""The receipts of what the pump holds right now, on disk, so that a restarted pump gives back at
once what a killed one had taken.

The cloud waits out the visibility time-out instead. Here that would stop a replay for a minute and
a half, and it is safe to be quicker, because there is only ever one pump.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class InFlight:
    """One small file per queue in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    @contextmanager
    def holding(self, name: str, receipts: Sequence[str]) -> Iterator[None]:
        """The receipts of one batch are on record while it is being handled."""
        record = self._folder / f"{name}.json"
        record.write_text(json.dumps(list(receipts)))
        yield
        record.unlink()

    def give_back(self, sqs: Any, urls: dict[str, str]) -> int:
        """Make visible again what is on record, in its order; answers how many messages."""
        returned = 0
        for name, url in urls.items():
            record = self._folder / f"{name}.json"
            if record.exists():
                returned += sum(_release(sqs, url, receipt) for receipt in _read(record))
                record.unlink()
        return returned


def _read(record: Path) -> list[str]:
    try:
        receipts: list[str] = json.loads(record.read_text())
    except ValueError:
        return []  # killed while writing: the visibility time-out brings them back
    return receipts


def _release(sqs: Any, url: str, receipt: str) -> int:
    try:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    except ClientError:
        return 0  # deleted before the kill
    return 1
