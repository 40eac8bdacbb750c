"""Common encryption of fragmented MP4, for tests: nothing at hand can make ``cbcs``, clear leads and changes of keys.

Source: ISO/IEC 23001-7 (schemes, subsamples, ``senc``), ISO/IEC 14496-12 (boxes).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}
_CLEAR = 32
"""Bytes of a slice that stay clear: its header."""


@dataclass
class Box:
    kind: bytes
    body: bytes = b""
    inner: "list[Box] | None" = None

    def packed(self) -> bytes:
        body = self.body + b"".join(box.packed() for box in self.inner or [])
        return struct.pack(">I4s", len(body) + 8, self.kind) + body

    def all(self, kind: bytes) -> Iterator["Box"]:
        for box in self.inner or []:
            if box.kind == kind:
                yield box
            yield from box.all(kind)

    def one(self, kind: bytes) -> "Box":
        return next(self.all(kind))


def boxes(data: bytes) -> list[Box]:
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        assert size >= 8
        body = data[at + 8 : at + size]
        if kind in _HOLDERS:
            found.append(Box(kind, b"", boxes(body)))
        elif kind == b"stsd":
            found.append(Box(kind, body[:8], boxes(body[8:])))
        else:
            found.append(Box(kind, body))
        at += size
    return found


def packed(all_boxes: list[Box]) -> bytes:
    return b"".join(box.packed() for box in all_boxes)


@dataclass(frozen=True)
class Lock:
    """How media are encrypted."""

    key: bytes
    key_id: bytes = b"\xaa" * 16
    scheme: str = "cenc"
    constant_iv: bytes | None = None
    """Of all samples (``cbcs``); else each has its own."""
    tracks: frozenset[int] = frozenset({1, 2})
    """IDs of those that are encrypted."""

    def init(self, data: bytes, *, has_clear_lead: bool = False) -> bytes:
        """An init section that says so."""
        movie = boxes(data)
        for number, stsd in enumerate(Box(b"", b"", movie).all(b"stsd"), start=1):
            if number not in self.tracks:
                continue
            [clear] = stsd.inner or []
            is_picture = clear.kind in (b"avc1", b"hvc1", b"hev1")
            sealed = Box(b"encv" if is_picture else b"enca", clear.body, [self._sinf(clear.kind, is_picture)])
            stsd.inner = [sealed, clear] if has_clear_lead else [sealed]
            stsd.body = struct.pack(">II", 0, len(stsd.inner))
        return packed(movie)

    def _sinf(self, kind: bytes, is_picture: bool) -> Box:
        pattern = 0x19 if self.scheme in ("cbcs", "cens") and is_picture else 0
        head = b"\1\0\0\0" if self.scheme in ("cbcs", "cens") else bytes(4)
        tenc = head + bytes([0, pattern, 1, 0 if self.constant_iv else 16]) + self.key_id
        if self.constant_iv:
            tenc += bytes([len(self.constant_iv)]) + self.constant_iv
        schm = bytes(4) + self.scheme.encode() + b"\0\1\0\0"
        schi = Box(b"schi", b"", [Box(b"tenc", tenc)])
        return Box(b"sinf", b"", [Box(b"frma", kind), Box(b"schm", schm), schi])

    def segment(self, data: bytes, pictures: frozenset[int] = frozenset({1})) -> bytes:
        """A media segment, encrypted; ``pictures`` are the track IDs whose samples are of H.264."""
        whole = boxes(data)
        for number, box in enumerate(whole):
            if box.kind == b"moof":
                mdat = next(later for later in whole[number:] if later.kind == b"mdat")
                mdat.body = self._fragment(box, mdat.body, pictures)
        return packed(whole)

    def _fragment(self, moof: Box, media: bytes, pictures: frozenset[int]) -> bytes:
        clear, before = bytearray(media), len(moof.packed())
        for traf in moof.all(b"traf"):
            track = int.from_bytes(traf.one(b"tfhd").body[4:8], "big")
            if track not in self.tracks:
                continue
            entries, at_once = [], track in pictures
            for begin, size in _samples(traf, before + 8):
                iv = self.constant_iv or (begin * 7 + 1).to_bytes(8, "big") + bytes(8)
                parts = list(_parts(bytes(clear[begin : begin + size]))) if at_once else [(0, size)]
                clear[begin : begin + size] = self._sealed(bytes(clear[begin : begin + size]), parts, iv, at_once)
                told = b"" if self.constant_iv else iv
                if at_once:
                    told += struct.pack(">H", len(parts)) + b"".join(struct.pack(">HI", *part) for part in parts)
                entries.append(told)
            assert traf.inner is not None
            if any(entries):  # with a constant IV and whole samples there is nothing to say
                senc = struct.pack(">II", 2 if at_once else 0, len(entries)) + b"".join(entries)
                sizes = bytes(len(entry) for entry in entries)
                saiz = Box(b"saiz", struct.pack(">IBI", 0, 0, len(entries)) + sizes)
                traf.inner += [saiz, Box(b"saio", struct.pack(">III", 0, 1, 0)), Box(b"senc", senc)]
        grown = len(moof.packed()) - before
        for traf in moof.all(b"traf"):
            trun = traf.one(b"trun")
            offset = int.from_bytes(trun.body[8:12], "big") + grown
            trun.body = trun.body[:8] + offset.to_bytes(4, "big") + trun.body[12:]
        self._place(moof)
        return bytes(clear)

    def _place(self, moof: Box) -> None:
        """Say where the IVs are: from the start of the fragment."""
        for traf in moof.all(b"traf"):
            for saio in traf.all(b"saio"):
                mark = b"\xde\xad\xbe\xef"
                saio.body = saio.body[:8] + mark
                at = moof.packed().index(b"senc", moof.packed().index(mark)) + 4 + 8
                saio.body = saio.body[:8] + at.to_bytes(4, "big")

    def _sealed(self, sample: bytes, parts: list[tuple[int, int]], iv: bytes, is_picture: bool) -> bytes:
        if self.scheme == "cenc":
            mode: modes.Mode = modes.CTR(iv.ljust(16, b"\0"))
            one = Cipher(algorithms.AES(self.key), mode).encryptor()
        out, at = b"", 0
        for clear, secret in parts:
            out += sample[at : at + clear]
            body = sample[at + clear : at + clear + secret]
            at += clear + secret
            if self.scheme == "cenc":
                out += one.update(body)
            else:
                step = 160 if is_picture else 16
                whole = [body[at : at + 16] for at in range(0, len(body) - 15, step)]
                chained = Cipher(algorithms.AES(self.key), modes.CBC(iv)).encryptor().update(b"".join(whole))
                sealed = bytearray(body)
                for number, begin in enumerate(range(0, len(body) - 15, step)):
                    sealed[begin : begin + 16] = chained[16 * number : 16 * number + 16]
                out += bytes(sealed)
        return out + sample[at:]


def _samples(traf: Box, media_at: int) -> Iterator[tuple[int, int]]:
    """Where the samples of a track lie in the media of a fragment, and their sizes."""
    tfhd, trun = traf.one(b"tfhd").body, traf.one(b"trun").body
    flags = int.from_bytes(tfhd[1:4], "big")
    at, default = 8, 0
    for flag, size in ((1, 8), (2, 4), (8, 4), (16, 4)):
        if flags & flag:
            default = int.from_bytes(tfhd[at : at + 4], "big") if flag == 16 else default
            at += size
    flags, count, offset = struct.unpack(">III", trun[:12])
    assert flags & 1
    begin, at = offset - media_at, 16 if flags & 4 else 12
    for _ in range(count):
        at += 4 * bool(flags & 0x100)
        size = int.from_bytes(trun[at : at + 4], "big") if flags & 0x200 else default
        at += 4 * (bool(flags & 0x200) + bool(flags & 0x400) + bool(flags & 0x800))
        yield begin, size
        begin += size


def _parts(sample: bytes) -> Iterator[tuple[int, int]]:
    """Clear and encrypted bytes of a picture in H.264: the slices, but for their headers."""
    at, clear = 0, 0
    while at < len(sample):
        size = 4 + int.from_bytes(sample[at : at + 4], "big")
        secret = max(0, size - 4 - _CLEAR) // 16 * 16 if sample[at + 4] & 31 in (1, 5) else 0
        clear += size - secret
        if secret:
            yield clear, secret
            clear = 0
        at += size
    if clear:
        yield clear, 0
