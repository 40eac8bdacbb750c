"""Encrypted samples in fragments of MP4 (common encryption), decrypted where they lie.

Source: ISO/IEC 23001-7, 7 (sample auxiliary information, ``senc``), 9.5 and 10 (schemes), 6 (``seig``);
ISO/IEC 14496-12, 8.8 (fragments) and 8.9 (groups of samples).
"""

import io
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from watchglass.media.protection import Protection, boxes, of_defaults
from watchglass.media.sample_aes import Chain, decrypt
from watchglass.model.errors import SourceError

_BLOCK = 16
_MOST_SAMPLES = 100_000
"""Of a track in a fragment: half an hour of pictures or sound."""
_IN_FRAGMENT = 0x10000
"""Of a group_description_index: the group is described in the fragment itself."""

KeyOf = Callable[[Protection], bytes]
"""Finds the key for a protection."""


class Sample(NamedTuple):
    """Where a sample lies in a segment."""

    begin: int
    size: int


class _Secret(NamedTuple):
    """What is said of the encryption of one sample."""

    iv: bytes
    parts: Sequence[tuple[int, int]]
    """Clear bytes, and encrypted ones after them; nothing if all of it is encrypted."""


def clear_fragments(data: bytes, entries: dict[int, list[Protection | None]], key_of: KeyOf) -> bytes:
    """A segment with clear samples.

    Args:
        data: The segment.
        entries: How samples are encrypted, by track ID and sample entry; other tracks stay as they are.
        key_of: Finds keys.

    Raises:
        SourceError: If it says what cannot be.
    """
    clear, left = np.frombuffer(data, np.uint8).copy(), len(data)
    try:
        for kind, begin, end in boxes(io.BytesIO(data), 0, len(data)):
            if kind == b"moof":
                for name, at, to in boxes(io.BytesIO(data), begin, end):
                    if name == b"traf":
                        left = _clear(clear, data, TrackFragment(data, begin - 8, at, to), entries, key_of, left)
    except (struct.error, IndexError, ValueError) as error:
        raise SourceError(f"what it says of its encryption is not understood ({error})") from error
    return clear.tobytes()


def _clear(
    clear: NDArray[np.uint8],
    data: bytes,
    fragment: "TrackFragment",
    entries: dict[int, list[Protection | None]],
    key_of: KeyOf,
    left: int,
) -> int:
    """Decrypt one track of one fragment; the bytes that are left for the samples of those after it."""
    described = entries.get(fragment.track_id, [])
    default = described[fragment.entry - 1] if 0 < fragment.entry <= len(described) else None
    if default is None:
        return left
    chains, ivs, used = list[Chain](), list[bytes](), b""
    for sample, protection, secret in fragment.secrets(default):
        left -= max(sample.size, 1)
        if left < 0:
            raise ValueError("samples lie over one another")
        if protection is None:
            continue
        key = key_of(protection)
        if sample.begin + sample.size > len(data):
            raise ValueError("samples lie beyond its end")
        parts = secret.parts or ((0, sample.size),)
        if sum(map(sum, parts)) > sample.size:
            raise ValueError(f"more than the {sample.size} bytes of a sample are encrypted")
        if protection.scheme == "cenc":
            _counted(clear, data, sample, parts, key, secret.iv)
            continue
        if used and used != key:
            decrypt(clear, chains, used, ivs)
            chains, ivs = [], []
        used = key
        found = list(_chains(sample, parts, protection.pattern))
        chains += found
        ivs += [secret.iv.ljust(_BLOCK, b"\0")] * len(found)
    decrypt(clear, chains, used, ivs)
    return left


def _counted(
    clear: NDArray[np.uint8], data: bytes, sample: Sample, parts: Sequence[tuple[int, int]], key: bytes, iv: bytes
) -> None:
    """Undo counter mode, whose key stream runs on from one encrypted part of a sample to the next (10.1)."""
    undo = Cipher(algorithms.AES(key), modes.CTR(iv.ljust(_BLOCK, b"\0"))).decryptor()
    at = sample.begin
    for skipped, size in parts:
        at += skipped
        clear[at : at + size] = np.frombuffer(undo.update(data[at : at + size]), np.uint8)
        at += size


def _chains(sample: Sample, parts: Sequence[tuple[int, int]], pattern: tuple[int, int]) -> Iterator[Chain]:
    """The chains of ``cbcs``, one in each encrypted part (10.4)."""
    secret, skipped = pattern if pattern[0] else (1, 0)
    step = _BLOCK * (secret + skipped)
    at = sample.begin
    for before, size in parts:
        at += before
        whole, rest = divmod(size, step)
        count = whole * secret + min(secret, rest // _BLOCK)
        if count:
            yield Chain(at, count, step, secret)
        at += size


class TrackFragment:
    """One track in one fragment (``traf``).

    Args:
        data: The segment.
        moof: Where the fragment begins in it.
        begin: Where what the box holds begins.
        end: Where it ends.
    """

    def __init__(self, data: bytes, moof: int, begin: int, end: int) -> None:
        self._data = data
        self._moof = moof
        self._inside = list(boxes(io.BytesIO(data), begin, end))
        head = self._one(b"tfhd")
        flags, self.track_id = _whole(head, 1, 3), _whole(head, 4, 4)
        at, self.entry, self._size = 8, 1, 0
        if flags & 1:
            raise ValueError("offsets from the beginning of a file")
        for flag in (2, 8, 16):
            if flags & flag:
                told = _whole(head, at, 4)
                at += 4
                self.entry = told if flag == 2 else self.entry
                self._size = told if flag == 16 else self._size

    def secrets(self, default: Protection) -> Iterator[tuple[Sample, Protection | None, _Secret]]:
        """The samples; those that are clear have no protection."""
        groups, place = self._groups(default), next(iter(self._all(b"senc")), None)
        told = None if place is None else _Told(self._data[slice(*place)])
        for number, sample in enumerate(sample for _, run in self.runs() for sample in run):
            protection = groups[number] if number < len(groups) else default
            secret = None if told is None else told.next(protection)
            if secret is None and protection is not None and protection.iv_size:
                raise ValueError("no IVs")
            yield sample, protection, secret or _Secret(b"" if protection is None else protection.iv, ())

    def runs(self) -> Iterator[tuple[int, list[Sample]]]:
        """Where each run of samples is told (the body of ``trun``), and its samples."""
        at, listed = self._moof, 0
        for begin, end in self._all(b"trun"):
            run = self._data[begin:end]
            flags, count = _whole(run, 1, 3), _whole(run, 4, 4)
            entry = 8
            if flags & 1:
                at = self._moof + _whole(run, 8, 4)
                entry += 4
            entry += 4 * bool(flags & 4)
            listed += count
            if listed > _MOST_SAMPLES:
                raise ValueError(f"{listed} samples, of which {_MOST_SAMPLES} are read at most")
            size_at = 4 * bool(flags & 0x100)
            step, samples = 4 * (flags >> 8 & 15).bit_count(), list[Sample]()
            for _ in range(count):
                size = _whole(run, entry + size_at, 4) if flags & 0x200 else self._size
                samples.append(Sample(at, size))
                at += size
                entry += step
            yield begin, samples

    def _groups(self, default: Protection) -> list[Protection | None]:
        """How each sample is encrypted where groups of them say something else than the track."""
        described = [
            of_defaults(entry)._replace(scheme=default.scheme) if entry[2] else None
            for begin, end in self._all(b"sgpd")
            for entry in _descriptions(self._data[begin:end])
        ]
        found = list[Protection | None]()
        for begin, end in self._all(b"sbgp"):
            body = self._data[begin:end]
            if body[4:8] != b"seig":
                continue
            at = 12 if body[0] == 1 else 8
            for number in range(_whole(body, at, 4)):
                count, group = struct.unpack_from(">II", body, at + 4 + 8 * number)
                if 0 < group <= _IN_FRAGMENT or len(found) + count > _MOST_SAMPLES:
                    raise ValueError("a group of samples that is described elsewhere")
                found += [described[group - _IN_FRAGMENT - 1] if group else default] * count
        return found

    def _all(self, kind: bytes) -> list[tuple[int, int]]:
        return [(begin, end) for name, begin, end in self._inside if name == kind]

    def _one(self, kind: bytes) -> bytes:
        return self._data[slice(*next(iter(self._all(kind)), (0, 0)))]


class _Told:
    """What is said of one sample after the other (``senc``)."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._has_parts = bool(_whole(body, 1, 3) & 2)
        self._at = 8

    def next(self, protection: Protection | None) -> _Secret:
        """Of the next sample; of one that is clear, too."""
        body, iv = self._body, b"" if protection is None else protection.iv
        size, parts = 0 if protection is None else protection.iv_size, list[tuple[int, int]]()
        if size:
            iv = body[self._at : self._at + size]
            self._at += size
        if self._has_parts:
            count = _whole(body, self._at, 2)
            begin, self._at = self._at + 2, self._at + 2 + 6 * count
            parts = list(struct.iter_unpack(">HI", body[begin : self._at]))
        if self._at > len(body):
            raise ValueError("less is said than there are samples")
        return _Secret(iv, parts)


def _descriptions(body: bytes) -> Iterator[bytes]:
    """The entries of a ``sgpd`` of encryption."""
    if body[4:8] != b"seig":
        return
    size, at = _whole(body, 8, 4) if body[0] >= 1 else 20, 12 if body[0] >= 1 else 8
    count, at = _whole(body, at, 4), at + 4
    for _ in range(count):
        entry = size or _whole(body, at, 4)
        at += 0 if size else 4
        if at + entry > len(body) or entry < 20:
            raise ValueError("a group of samples is cut")
        yield body[at : at + entry]
        at += entry


def _whole(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise ValueError("a box is cut")
    return int.from_bytes(data[at : at + size], "big")
