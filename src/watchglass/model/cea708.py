"""CEA-708: packets of the caption channel of digital television, their services, and what their windows show.

Where on the screen a window stands, and in what colours, is left aside.
"""

from collections import defaultdict

WINDOWS = 8
MOST_COLUMNS = 64
"""Characters of a row that are kept; a window has 42 columns at most (CTA-708-E, 8.4)."""
_HELD = 16
"""Bytes of a command that may wait for the rest of it."""
_LENGTHS = {
    0x10: 2, **dict.fromkeys(range(0x11, 0x18), 2), **dict.fromkeys(range(0x18, 0x20), 3),
    **dict.fromkeys(range(0x88, 0x8E), 2), 0x90: 3, 0x91: 4, 0x92: 3, 0x97: 5, **dict.fromkeys(range(0x98, 0xA0), 7),
}  # fmt: skip
"""Bytes of commands that are longer than one (CTA-708-E, 7.1)."""


class Packets:
    """Puts packets together from the pairs of bytes that pictures carry, and takes their service blocks apart."""

    def __init__(self) -> None:
        self._packet = bytearray()
        self._size = 0
        self._sequence: int | None = None

    def forget(self) -> None:
        """What comes next does not follow what came before."""
        self._packet.clear()
        self._size, self._sequence = 0, None

    def take(self, first: int, second: int, *, begins: bool) -> tuple[list[tuple[int, bytes]], str]:
        """Take a pair of bytes.

        Args:
            first: The first byte.
            second: The second one.
            begins: Whether a packet begins with them.

        Returns:
            Number and bytes of each service block that is complete now, and what is wrong, in words.
        """
        trouble = ""
        if begins:
            if self._packet:
                trouble = f"a packet of {self._size} bytes ended after {len(self._packet)}"
            sequence = first >> 6
            if self._sequence is not None and sequence != (self._sequence + 1) % 4:
                trouble = f"packet {sequence} follows packet {self._sequence}"
            self._sequence, self._size = sequence, (first & 0x3F) * 2 or 128
            self._packet.clear()
        elif not self._packet:
            return [], ""  # the rest of a packet whose beginning was not seen
        self._packet += bytes((first, second))
        if len(self._packet) < self._size:
            return [], trouble
        packet = bytes(self._packet[1 : self._size])
        self._packet.clear()
        blocks, wrong = _blocks(packet)
        return blocks, trouble or wrong


def _blocks(packet: bytes) -> tuple[list[tuple[int, bytes]], str]:
    """The service blocks of a packet (CTA-708-E, 6.2)."""
    blocks, at = list[tuple[int, bytes]](), 0
    while at < len(packet):
        number, size = packet[at] >> 5, packet[at] & 0x1F
        at += 1
        if number == 0:
            break
        if number == 7 and size:
            number = packet[at] & 0x3F if at < len(packet) else 0
            at += 1
        if at + size > len(packet):
            return blocks, f"a block of service {number} is longer than its packet"
        if size:
            blocks.append((number, packet[at : at + size]))
        at += size
    return blocks, ""


class _Window:
    """Rows of characters that are shown, or not yet."""

    def __init__(self) -> None:
        self.is_visible = False
        self.depth = 15
        self.row = 0
        self.rows: defaultdict[int, list[str]] = defaultdict(list)

    def put(self, character: str) -> None:
        row = self.rows[self.row]
        if len(row) < MOST_COLUMNS:
            row.append(character)

    def end_row(self) -> None:
        self.row += 1
        while self.row >= self.depth:
            self.rows = defaultdict(list, {row - 1: text for row, text in self.rows.items() if row > 0})
            self.row -= 1

    def clear(self) -> None:
        self.rows.clear()
        self.row = 0


class Service:
    """One caption service."""

    def __init__(self) -> None:
        self.has_changed = False
        """True if what it shows may be something else since somebody set this to False."""
        self._windows: dict[int, _Window] = {}
        self._current: int | None = None
        self._rest = b""

    def forget(self) -> None:
        """Something was lost: the decoder begins anew (CTA-708-E, 9.4)."""
        self.has_changed = True
        self._windows.clear()
        self._current, self._rest = None, b""

    @property
    def text(self) -> str:
        """What its visible windows show, a line a row."""
        shown = [window for _, window in sorted(self._windows.items()) if window.is_visible]
        lines = ("".join(window.rows[row]).strip() for window in shown for row in sorted(window.rows))
        return "\n".join(line for line in lines if line)

    def take(self, block: bytes) -> None:
        """Take the bytes of a service block."""
        self.has_changed = True
        data, self._rest, at = self._rest + block, b"", 0
        while at < len(data):
            code = data[at]
            length = _LENGTHS.get(code, 1)
            if code == 0x10 and at + 1 < len(data):
                length = _extended(data[at + 1 : at + 3])
            if at + length > len(data):
                self._rest = data[at:][:_HELD]
                return
            self._command(code, data[at + 1 : at + length])
            at += length

    def _command(self, code: int, rest: bytes) -> None:
        if 0x20 <= code <= 0x7F or code >= 0xA0:
            self._put("♪" if code == 0x7F else chr(code))
        elif code == 0x10:
            self._put(" " if rest[0] in (0x20, 0x21) else "" if rest[0] < 0x20 or 0x80 <= rest[0] < 0xA0 else "_")
        elif code < 0x10:
            self._layout(code)
        elif 0x18 <= code <= 0x1F:
            self._put(chr(rest[0] << 8 | rest[1]) if not 0xD8 <= rest[0] <= 0xDF else "_")
        elif 0x80 <= code <= 0x87 or code >= 0x98:
            self._choose(code & 7, rest)
        elif 0x88 <= code <= 0x8C:
            self._show(code, rest[0])
        elif code == 0x8F:
            self._windows.clear()
            self._current = None
        elif code == 0x92 and self._window is not None:
            self._window.row = min(rest[0] & 0x0F, self._window.depth - 1)

    @property
    def _window(self) -> _Window | None:
        return None if self._current is None else self._windows.get(self._current)

    def _put(self, character: str) -> None:
        if self._window is not None and character:
            self._window.put(character)

    def _layout(self, code: int) -> None:
        window = self._window
        if window is None:
            return
        if code == 0x08:
            del window.rows[window.row][-1:]
        elif code == 0x0C:
            window.clear()
        elif code == 0x0D:
            window.end_row()
        elif code == 0x0E:
            window.rows[window.row].clear()

    def _choose(self, number: int, definition: bytes) -> None:
        """Make a window the current one, and define it if there is a definition."""
        if definition:
            window = self._windows.setdefault(number, _Window())
            window.is_visible, window.depth = bool(definition[0] & 0x20), (definition[3] & 0x0F) + 1
            window.row = min(window.row, window.depth - 1)
        if number in self._windows:
            self._current = number

    def _show(self, code: int, which: int) -> None:
        """Clear, display, hide, toggle or delete windows: a bit for each."""
        for number in range(WINDOWS):
            window = self._windows.get(number)
            if window is None or not which >> number & 1:
                continue
            if code == 0x88:
                window.clear()
            elif code == 0x8C:
                del self._windows[number]
            else:
                window.is_visible = {0x89: True, 0x8A: False, 0x8B: not window.is_visible}[code]


def _extended(head: bytes) -> int:
    """Bytes of a command of the extended code space, from those after its first (CTA-708-E, 7.1.11)."""
    code = head[0]
    if code < 0x20:
        return 2 + code // 8
    if 0x80 <= code < 0x90:
        return 6 if code < 0x88 else 7
    if 0x90 <= code < 0xA0:
        return 3 + (head[1] & 0x3F if len(head) > 1 else 0)
    return 2
