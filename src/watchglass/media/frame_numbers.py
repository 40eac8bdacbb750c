"""Pictures of H.264 that others refer to and that never arrived: FFmpeg paints in their place and says nothing.

Every picture carries the number of the reference picture before it, so that a hole in the count is a loss. Nothing is
decoded: a few bits at the front of each picture tell.

Sources: ITU-T H.264 7.3.2.1.1 (sequence parameter set), 7.3.2.2, 7.3.3 (slice header), 7.4.3 (``frame_num``), 8.2.5.2
(gaps); ISO/IEC 14496-15 5.3.3.1 (``avcC``).
"""

from collections.abc import Iterator

_SLICE, _IDR, _SPS, _PPS = 1, 5, 7, 8
"""``nal_unit_type``."""
_HIGH = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
"""``profile_idc`` of those whose parameter sets tell of chroma."""
_INTRA = frozenset({2, 4, 7, 9})
"""``slice_type`` of pictures that refer to none: where streams are joined, they begin with one."""
_FRONT, _HEADER = 400, 24
"""Bytes at the front of a unit that are looked at; of a slice as many as hold the beginning of its header."""


class FrameNumbers:
    """Follows the count of reference pictures of one track.

    Args:
        extradata: What the container says of the codec: ``avcC``, parameter sets, or nothing.
    """

    def __init__(self, extradata: bytes) -> None:
        self._length = (extradata[4] & 3) + 1 if extradata[:1] == b"\1" and len(extradata) > 6 else 0
        self._sets: dict[int, tuple[int, bool, bool, bool]] = {}
        """Sequence parameter set to bits of ``frame_num``, whether gaps are allowed, whether planes are coded apart,
        whether fields may be."""
        self._pictures: dict[int, int] = {}
        """Picture parameter set to sequence parameter set."""
        self._last: int | None = None
        self.refers = False
        """Whether the latest picture is known to refer to others, whatever a container says."""
        self.is_field = False
        """Whether it is a field, and the other one is coded after it."""
        for unit in _of_avcc(extradata) if self._length else _by_start_code(extradata):
            self._learn(unit)

    def misses(self, packet: bytes) -> bool:
        """True if a picture that this one may refer to never came; packets in the order of decoding."""
        self.refers = self.is_field = False
        for unit in _by_length(packet, self._length) if self._length else _by_start_code(packet):
            kind = unit[0] & 0x1F if unit else 0
            if kind in (_SPS, _PPS):
                self._learn(unit)
            elif kind in (_SLICE, _IDR):
                try:
                    return self._follow(unit, kind)
                except (IndexError, KeyError):  # cut off, or of a set that was lost: the decoder has a word for that
                    self._last = None
                    return False
        return False

    def _follow(self, unit: bytes, kind: int) -> bool:
        bits = _Bits(unit[1:_HEADER])
        bits.exp_golomb()  # first_mb_in_slice
        slice_type = bits.exp_golomb()
        width, may_skip, planes_apart, has_fields = self._sets[self._pictures[bits.exp_golomb()]]
        if planes_apart:
            bits.read(2)
        number, last = bits.read(width), self._last
        self.is_field = has_fields and bool(bits.read(1))
        self.refers = kind != _IDR and slice_type not in _INTRA
        is_reference = bool(unit[0] & 0x60)
        if kind == _IDR or is_reference:
            self._last = number
        elif last is not None:
            self._last = (number - 1) % (1 << width)
        if last is None or kind == _IDR or may_skip or slice_type in _INTRA:
            return False
        return (number - last) % (1 << width) > 1

    def _learn(self, unit: bytes) -> None:
        try:
            if unit and unit[0] & 0x1F == _SPS:
                number, facts = _sequence(unit)
                self._sets[number] = facts
            elif unit and unit[0] & 0x1F == _PPS:
                bits = _Bits(unit[1:_FRONT])
                number = bits.exp_golomb()
                self._pictures[number] = bits.exp_golomb()
        except IndexError:  # cut off
            return


def _sequence(unit: bytes) -> tuple[int, tuple[int, bool, bool, bool]]:
    bits = _Bits(unit[1:_FRONT])
    profile = bits.read(8)
    bits.read(16)
    number = bits.exp_golomb()
    planes_apart = False
    if profile in _HIGH:
        chroma = bits.exp_golomb()
        planes_apart = bool(bits.read(1)) if chroma == 3 else False
        bits.exp_golomb()
        bits.exp_golomb()
        bits.read(1)
        if bits.read(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.read(1):
                    _pass_scaling_list(bits, 16 if index < 6 else 64)
    width = bits.exp_golomb() + 4
    order = bits.exp_golomb()
    if order == 0:
        bits.exp_golomb()
    elif order == 1:
        bits.read(1)
        for _ in range(2):
            bits.exp_golomb()
        for _ in range(min(bits.exp_golomb(), 255)):
            bits.exp_golomb()
    bits.exp_golomb()  # max_num_ref_frames
    may_skip = bool(bits.read(1))
    bits.exp_golomb()  # pic_width_in_mbs_minus1
    bits.exp_golomb()
    return number, (width, may_skip, planes_apart, not bits.read(1))


def _pass_scaling_list(bits: "_Bits", size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


class _Bits:
    """Reads bits from the front of a unit, without the bytes that keep start codes apart.

    Raises ``IndexError`` behind the end.
    """

    def __init__(self, data: bytes) -> None:
        data = data.replace(b"\0\0\3", b"\0\0")
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def read(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise IndexError
        return (self._value >> self._left) & ((1 << count) - 1)

    def exp_golomb(self) -> int:
        """``ue(v)``, 9.1."""
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """``se(v)``, 9.1.1."""
        code = self.exp_golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _by_start_code(data: bytes) -> Iterator[bytes]:
    at = data.find(b"\0\0\1")
    while at >= 0:
        following = data.find(b"\0\0\1", at + 3, at + 3 + _FRONT)
        yield data[at + 3 : following if following >= 0 else at + 3 + _FRONT]
        at = following if following >= 0 else data.find(b"\0\0\1", at + 3 + _FRONT)


def _by_length(data: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at + size < len(data):
        length = int.from_bytes(data[at : at + size], "big")
        yield data[at + size : at + size + min(length, _FRONT)]
        at += size + length


def _of_avcc(data: bytes) -> Iterator[bytes]:
    at = 5
    for mask in (0x1F, 0xFF):
        if at >= len(data):
            return
        count, at = data[at] & mask, at + 1
        for _ in range(count):
            length = int.from_bytes(data[at : at + 2], "big")
            yield data[at + 2 : at + 2 + length]
            at += 2 + length
