"""CEA-608: the captions of line 21, two bytes a field: what is shown, and whether it is intact.

Where on the screen it is shown, and in what colours, is left aside.
"""

from collections import defaultdict

CHANNELS = (("CC1", "CC2"), ("CC3", "CC4"))
"""The caption channels of the two fields."""
ROWS, COLUMNS = 15, 32

_BASIC = {
    0x2A: "á", 0x5C: "é", 0x5E: "í", 0x5F: "ó", 0x60: "ú", 0x7B: "ç", 0x7C: "÷", 0x7D: "Ñ", 0x7E: "ñ", 0x7F: "█",
}  # fmt: skip
"""Where the basic characters are not those of ASCII."""
_SPECIAL = "®°½¿™¢£♪à èâêîôû"
_EXTENDED = (
    "ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»",
    "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘",
)
_ROW_OF_PAC = {0x11: 1, 0x12: 3, 0x15: 5, 0x16: 7, 0x17: 9, 0x10: 11, 0x13: 12, 0x14: 14}
"""First byte of a preamble address code to the upper one of its rows (CTA-608-E, table 53)."""
_ODD = frozenset(value for value in range(256) if value.bit_count() % 2)


class Memory:
    """Rows of characters."""

    def __init__(self) -> None:
        self.rows: defaultdict[int, list[str]] = defaultdict(list)

    @property
    def text(self) -> str:
        """What stands in it, a line a row."""
        lines = ("".join(self.rows[row]).strip() for row in sorted(self.rows))
        return "\n".join(line for line in lines if line)


class Channel:
    """One caption channel."""

    def __init__(self) -> None:
        self.has_changed = False
        """True if what it shows may be something else since somebody set this to False."""
        self._displayed = Memory()
        self._hidden = Memory()
        self._style = ""
        """``pop``, ``roll``, ``paint``, ``text`` (which is no captions), or nothing before the first command."""
        self._depth = 0
        self._row = ROWS

    @property
    def text(self) -> str:
        """What it shows, a line a row."""
        return self._displayed.text

    def put(self, character: str, *, replaces: bool = False) -> None:
        """Write where the cursor is; an extended character replaces the plainer one that was sent before it."""
        if self._style in ("", "text"):
            return
        row = (self._hidden if self._style == "pop" else self._displayed).rows[self._row]
        if (replaces and row) or len(row) >= COLUMNS:
            row.pop()
        row.append(character)
        self.has_changed |= self._style != "pop"

    def move(self, row: int) -> None:
        """A preamble address code."""
        if self._style == "roll" and row != self._row:  # the rows that are rolled move with the lowest
            moved = Memory()
            for old, characters in self._displayed.rows.items():
                if 0 < old + row - self._row <= ROWS:
                    moved.rows[old + row - self._row] = characters
            self._displayed = moved
        self._row = row

    def command(self, code: int) -> None:
        """A miscellaneous control code (CTA-608-E, table 52): 0x20 to 0x2F."""
        self.has_changed |= code not in (0x20, 0x2E)
        if code == 0x20:
            self._style = "pop"
        elif code in (0x25, 0x26, 0x27):
            if self._style != "roll":
                self._displayed, self._hidden, self._row = Memory(), Memory(), ROWS
            self._style, self._depth = "roll", code - 0x23
        elif code == 0x29:
            self._style = "paint"
        elif code in (0x2A, 0x2B):
            self._style = "text"
        elif code == 0x2C:
            self._displayed = Memory()
        elif code == 0x2E:
            self._hidden = Memory()
        elif code == 0x2F:
            self._style = "pop"
            self._displayed, self._hidden = self._hidden, self._displayed
        elif code == 0x2D and self._style == "roll":
            self._roll()
        elif code in (0x21, 0x24) and self._style in ("pop", "roll", "paint"):
            row = (self._hidden if self._style == "pop" else self._displayed).rows[self._row]
            del row[-1 if code == 0x21 else 0 :]

    def _roll(self) -> None:
        rolled = Memory()
        for row, characters in self._displayed.rows.items():
            if self._row - self._depth + 1 < row <= self._row and row > 1:
                rolled.rows[row - 1] = characters
        self._displayed = rolled


class Field:
    """The byte pairs of one field, which two caption channels share (and extended data services, in field 2).

    Args:
        number: 0 or 1.
    """

    def __init__(self, number: int) -> None:
        self.channels = (Channel(), Channel())
        self.current: int | None = None
        """The channel that was sent last; None where that is not known."""
        self._number = number
        self._last: tuple[int, int] | None = None
        self._is_other_data = False

    def take(self, first: int, second: int) -> bool:
        """Take a pair of bytes with their parity bits.

        Returns:
            False if their parity is wrong; they are not shown then.
        """
        if first & 0x7F == 0 and second & 0x7F == 0:
            return True  # padding, also where it comes without parity
        if first not in _ODD or second not in _ODD:
            self._last = None
            return False
        first, second = first & 0x7F, second & 0x7F
        if 0x10 <= first <= 0x1F:
            self._control(first, second)
            return True
        self._last = None
        if 0 < first < 0x10:
            self._is_other_data = self._number == 1 and first != 0x0F
            return True
        if self.current is not None and not self._is_other_data:
            for code in (first, second):
                if code >= 0x20:
                    self.channels[self.current].put(_BASIC.get(code, chr(code)))
        return True

    def _control(self, first: int, second: int) -> None:
        self._is_other_data = False
        if (first, second) == self._last:  # each is sent twice (CTA-608-E, 8.4)
            self._last = None
            return
        self._last = (first, second)
        self.current = first >> 3 & 1
        channel, first = self.channels[self.current], first & 0x17
        if second >= 0x40:
            row = _ROW_OF_PAC[first] + (second >> 5 & 1 if first != 0x10 else 0)
            channel.move(row)
        elif first in (0x14, 0x15) and 0x20 <= second <= 0x2F:
            channel.command(second)
        elif first == 0x11 and 0x30 <= second <= 0x3F:
            channel.put(_SPECIAL[second - 0x30])
        elif first == 0x11 and 0x20 <= second <= 0x2F:
            channel.put(" ")  # a mid-row code takes a place
        elif first in (0x12, 0x13) and 0x20 <= second <= 0x3F:
            channel.put(_EXTENDED[first - 0x12][second - 0x20], replaces=True)


def with_parity(code: int) -> int:
    """A 7-bit code with its bit of odd parity."""
    return code if code in _ODD else code | 0x80
