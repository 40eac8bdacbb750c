"""Values in Action Message Format 0, in which RTMP has its commands.

Source: Adobe, Action Message Format (AMF 0), 2007.
"""

import struct
from collections.abc import Iterator, Mapping

Value = float | bool | str | None | Mapping[str, "Value"] | list["Value"]

_DEEPEST, _MOST = 8, 1_000
"""Values within values, and values of one object or array, beyond which it is nonsense."""


class AmfError(ValueError):
    """Raised for what is no AMF 0."""


def encode(*values: Value) -> bytes:
    """Values one after the other."""
    return b"".join(_encoded(value) for value in values)


def decode(data: bytes) -> Iterator[Value]:
    """Values one after the other.

    Raises:
        AmfError: Something is cut off, of an unknown kind, or too deep.
    """
    reader = _Reader(data)
    while not reader.is_at_end:
        yield reader.value()


def _encoded(value: Value) -> bytes:
    if isinstance(value, bool):
        return bytes([1, value])
    if isinstance(value, int | float):
        return b"\0" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\2" + _name(value)
    if isinstance(value, Mapping):
        return b"\3" + b"".join(_name(key) + _encoded(each) for key, each in value.items()) + b"\0\0\x09"
    if isinstance(value, list):
        return b"\x0a" + len(value).to_bytes(4, "big") + b"".join(map(_encoded, value))
    return b"\5"


def _name(text: str) -> bytes:
    coded = text.encode()[:0xFFFF]
    return len(coded).to_bytes(2, "big") + coded


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._data)

    def value(self, depth: int = 0) -> Value:
        if depth > _DEEPEST:
            raise AmfError("values too deep within values")
        kind = self._take(1)[0]
        if kind == 0:
            return float(struct.unpack(">d", self._take(8))[0])
        if kind == 1:
            return self._take(1) != b"\0"
        if kind == 2:
            return self._text(2)
        if kind == 3:
            return self._object(depth)
        if kind in (5, 6, 13):  # null, undefined, unsupported
            return None
        if kind == 8:  # an array with names: how many there are is told, but the end is what counts
            self._take(4)
            return self._object(depth)
        if kind == 10:
            count = int.from_bytes(self._take(4), "big")
            if count > _MOST:
                raise AmfError(f"{count} values in an array")
            return [self.value(depth + 1) for _ in range(count)]
        if kind == 11:  # milliseconds since 1970, and a time zone that shall be 0
            return float(struct.unpack(">dh", self._take(10))[0])
        if kind in (12, 15):
            return self._text(4)
        raise AmfError(f"a value of kind {kind}")

    def _object(self, depth: int) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        for _ in range(_MOST):
            name = self._text(2)
            if not name and self._data[self._at : self._at + 1] == b"\x09":
                self._at += 1
                return found
            found[name] = self.value(depth + 1)
        raise AmfError("an object of too many values")

    def _text(self, width: int) -> str:
        return self._take(int.from_bytes(self._take(width), "big")).decode(errors="replace")

    def _take(self, n: int) -> bytes:
        taken = self._data[self._at : self._at + n]
        if len(taken) < n:
            raise AmfError("a value is cut off")
        self._at += n
        return taken
