"""Teletext subtitles, read as far as it takes to know what a subtitle page shows (ETSI EN 300 706, EN 300 472)."""

from collections.abc import Iterator
from typing import NamedTuple

SUBTITLE = 0x03
"""The data unit of EBU teletext subtitles; 0x02 is teletext of any kind (EN 300 472, table 4)."""
MOST_PAGES = 16
_UNIT_ROWS = range(1, 24)


def _hamming() -> dict[int, int]:
    """Hamming 8/4 (EN 300 706, 8.2): each of the 16 codes, and all that differ from it by one bit."""
    codes = (0x15, 0x02, 0x49, 0x5E, 0x64, 0x73, 0x38, 0x2F, 0xD0, 0xC7, 0x8C, 0x9B, 0xA1, 0xB6, 0xFD, 0xEA)
    return {code ^ flip: value for value, code in enumerate(codes) for flip in (0, *(1 << bit for bit in range(8)))}


_NIBBLE = _hamming()
_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
"""Teletext comes with its lowest bit first, and PES packets keep that order."""


class Page(NamedTuple):
    """What a subtitle page shows now."""

    number: str
    text: str


class Teletext:
    """One teletext service: data fields in, subtitle pages out."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, str]] = {}
        self._current: dict[int, str | None] = {}
        """The page that each magazine is in; None where it is no subtitle."""
        self.broken = 0
        """Addresses that could not be read, so far."""

    def take(self, data: bytes) -> Iterator[Page]:
        """The payload of a PES packet: a data identifier, then units of 46 bytes; pages that it changes."""
        changed = dict[str, None]()
        for at in range(1, len(data) - 45, 46):
            if data[at] in (0x02, SUBTITLE) and data[at + 1] == 0x2C:
                page = self._line(data[at + 4 : at + 46].translate(_MIRRORED))
                if page is not None:
                    changed[page] = None
        for page in changed:
            rows = self._rows.get(page, {})
            yield Page(page, "\n".join(rows[row] for row in sorted(rows) if rows[row]))

    def _line(self, line: bytes) -> str | None:
        """42 bytes: an address of two, and 40 of content; the subtitle page that has changed."""
        low, high = _NIBBLE.get(line[0]), _NIBBLE.get(line[1])
        if low is None or high is None:
            self.broken += 1
            return None
        magazine, row = low & 7, low >> 3 | high << 1
        if row == 0:
            return self._header(magazine, line[2:])
        page = self._current.get(magazine)
        if page is None or row not in _UNIT_ROWS:
            return None
        self._rows[page][row] = "".join(chr(code & 0x7F) if code & 0x7F >= 0x20 else " " for code in line[2:]).strip()
        return page

    def _header(self, magazine: int, header: bytes) -> str | None:
        """Page number and control bits (9.3.1); a subtitle page that is erased has changed."""
        told = [_NIBBLE.get(code) for code in header[:8]]
        if any(value is None for value in told):
            self.broken += 1
            self._current[magazine] = None
            return None
        units, tens, _, erases, _, subtitle, _, _ = (value or 0 for value in told)
        number = f"{magazine or 8}{tens:X}{units:X}"
        if not subtitle & 0x8 or (number not in self._rows and len(self._rows) >= MOST_PAGES):
            self._current[magazine] = None
            return None
        self._current[magazine] = number
        rows = self._rows.setdefault(number, {})
        if erases & 0x8:
            rows.clear()
        return number
