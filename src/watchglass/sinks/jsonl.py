"""A line of JSON for each notification, on standard output or in a file."""

import json
import sys
from collections.abc import Sequence
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

    def send(self, news: Sequence[Notification]) -> None:
        """Write the lines, and see that they leave us.

        Raises:
            SinkError: They cannot be written.
        """
        lines = [json.dumps(cloud_event(one), ensure_ascii=False) + "\n" for one in news]
        try:
            self._out.write("".join(lines))
            self._out.flush()
        except (OSError, ValueError) as error:
            raise SinkError(f"cannot be written: {error}") from error

    def close(self) -> None:
        """Let go of the file, unless it is standard output, which others write to."""
        if self._out is not sys.stdout:
            self._out.close()
