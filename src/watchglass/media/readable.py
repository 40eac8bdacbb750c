"""What a demuxer reads from."""

from typing import Protocol


class Readable(Protocol):
    """What a demuxer reads from: also ``seek`` and ``tell`` where the input can be sought."""

    def read(self, n: int) -> bytes:
        """At most ``n`` bytes; none at the end."""
        ...
