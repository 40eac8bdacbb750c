"""What was measured within a minute: how many readings of each series, and the least, the mean and the greatest."""

import json
import zlib
from collections.abc import Mapping, Sequence

Body = Mapping[str, Sequence[float]]
"""By ``detector|name|track``: count, least, mean, greatest."""


def joined(one: Body, other: Body) -> dict[str, list[float]]:
    """Two parts of a minute as one."""
    made = {key: list(each) for key, each in one.items()}
    for key, (count, least, mean, greatest) in other.items():
        if key not in made:
            made[key] = [count, least, mean, greatest]
            continue
        before, low, middle, high = made[key]
        both = before + count
        made[key] = [both, min(low, least), (before * middle + count * mean) / both, max(high, greatest)]
    return made


def packed(body: Body) -> bytes:
    """As it is sent and kept: some kilobytes."""
    return zlib.compress(json.dumps(body, separators=(",", ":")).encode())


def unpacked(body: bytes) -> dict[str, list[float]]:
    """And back."""
    made: dict[str, list[float]] = json.loads(zlib.decompress(body))
    return made
