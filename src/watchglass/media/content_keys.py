"""Content keys that a user gives, for media whose samples are encrypted (ISO/IEC 23001-7, common encryption)."""

import re
from collections.abc import Iterable, Mapping

from watchglass.model.errors import UsageError

KEY_BYTES = 16
_HEX = re.compile(r"[0-9a-fA-F]{32}")


class ContentKeys:
    """Keys by the ID that a container asks for, and one for all that it has no other for.

    They are secrets: nothing here prints them.

    Args:
        by_id: Keys of 16 bytes by key ID, in 32 hexadecimal digits, small letters.
        default: The key for every other ID.
    """

    def __init__(self, by_id: Mapping[str, bytes] | None = None, default: bytes | None = None) -> None:
        self._by_id = dict(by_id or {})
        self._default = default

    @classmethod
    def parse(cls, lines: Iterable[str]) -> "ContentKeys":
        """Keys from texts as a user writes them: ``KID:KEY``, or ``KEY`` for all that no other is for.

        Key IDs may have the hyphens of a UUID.

        Raises:
            UsageError: If one is neither, or two contradict each other; what was written is not repeated.
        """
        by_id, default = dict[str, bytes](), None
        for line in lines:
            left, colon, right = line.strip().partition(":")
            key_id, text = (left.strip().replace("-", "").lower(), right.strip()) if colon else ("", left)
            if not _HEX.fullmatch(text) or (colon and not _HEX.fullmatch(key_id)):
                raise UsageError("a key must be KID:KEY or KEY, each of 32 hexadecimal digits")
            key = bytes.fromhex(text)
            before = by_id.get(key_id) if colon else default
            if before not in (None, key):
                raise UsageError(f"two keys are given {f'for the key ID {key_id}' if colon else 'for all key IDs'}")
            if colon:
                by_id[key_id] = key
            else:
                default = key
        return cls(by_id, default)

    def key(self, key_id: str) -> bytes | None:
        """The key for an ID in 32 hexadecimal digits, small letters; None if there is none."""
        return self._by_id.get(key_id, self._default)

    def __bool__(self) -> bool:
        return bool(self._by_id) or self._default is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ContentKeys) and (other._by_id, other._default) == (self._by_id, self._default)

    def __hash__(self) -> int:
        return hash((frozenset(self._by_id.items()), self._default))

    def __repr__(self) -> str:
        return f"ContentKeys({len(self._by_id)} by ID{', and one for all others' if self._default else ''})"
