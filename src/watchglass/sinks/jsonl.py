"""A line of JSON for each notification, on standard output or in a file."""

import json
from typing import TextIO

from watchglass.model.sink import Notification, SinkError
from watchglass.sinks.cloud_event import cloud_event


class JsonLines:
    """Writes to a file that is open.

    Args:
        out: Where to.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def send(self, notification: Notification) -> None:
        """Write the line, and see that it leaves us.

        Raises:
            SinkError: It cannot be written.
        """
        try:
            self._out.write(json.dumps(cloud_event(notification), ensure_ascii=False) + "\n")
            self._out.flush()
        except (OSError, ValueError) as error:
            raise SinkError(f"cannot be written: {error}") from error
