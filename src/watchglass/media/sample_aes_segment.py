"""Segments whose samples are encrypted (SAMPLE-AES): transport streams and packed audio, clear and of the same size.

Source: Apple, "MPEG-2 Stream Encryption Format for HTTP Live Streaming", 2 and 3; ISO/IEC 13818-1, 2.4.3.6 and 2.4.4.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watchglass.kernels.ts import SIZE, SYNC, Headers, Packets, headers
from watchglass.media.packed_audio import tag_size
from watchglass.media.sample_aes import decrypt, of_ac3, of_adts, of_pictures
from watchglass.media.ts_packets import PacketCutter
from watchglass.media.ts_sections import PAT, PAT_PID, PMT, crc, programme, programmes

_CLEAR_KIND = {0xDB: 0x1B, 0xCF: 0x0F, 0xC1: 0x81, 0xC2: 0x87}
"""stream_type of the same content in the clear: H.264, AAC, AC-3, E-AC-3."""
_CHAINS = {0xDB: of_pictures, 0xCF: of_adts, 0xC1: of_ac3, 0xC2: of_ac3}


def cleared(data: bytes, key: bytes, iv: bytes, *, tables: bytes = b"") -> bytes:
    """A segment with clear samples.

    Args:
        data: All of it.
        key: 16 bytes.
        iv: 16 bytes.
        tables: A transport stream's, where the segment itself has none (``EXT-X-MAP``).
    """
    return _transport(data, key, iv, tables) if data[:1] == bytes([SYNC]) else _packed_audio(data, key, iv)


def clear_tables(data: bytes) -> bytes:
    """A transport stream's tables that name clear streams in the place of encrypted ones."""
    packets = _packets(data)
    _encrypted(packets, headers(packets))
    return packets.tobytes()


def _packed_audio(data: bytes, key: bytes, iv: bytes) -> bytes:
    at = 0
    while (size := tag_size(data[at : at + 10])) is not None:
        at += 10 + size
    stream = np.frombuffer(data, np.uint8).copy()
    frames = stream[at:]
    chains = of_ac3(frames) if data[at : at + 2] == b"\x0b\x77" else of_adts(frames)
    decrypt(frames, chains, key, [iv] * len(chains))
    return stream.tobytes()


def _transport(data: bytes, key: bytes, iv: bytes, tables: bytes) -> bytes:
    packets = _packets(data)
    told = headers(packets)
    before = _packets(tables)
    for pid, kind in (_encrypted(before, headers(before)) | _encrypted(packets, told)).items():
        part = _Part(packets, told, pid)
        samples = part.samples()
        stream = part.bytes[samples]
        chains = _CHAINS[kind](stream)
        decrypt(stream, chains, key, [iv] * len(chains))
        part.bytes[samples] = stream
        part.put_back()
    return packets.tobytes()


def _packets(data: bytes) -> Packets:
    """The packets, without what is between them."""
    whole = np.frombuffer(data, np.uint8, len(data) // SIZE * SIZE).reshape(-1, SIZE)
    if (whole[:, 0] == SYNC).all():
        return whole.copy()
    cuts = [cut.packets for cut in PacketCutter().feed(data)]
    return np.concatenate(cuts) if cuts else np.empty((0, SIZE), np.uint8)


def _encrypted(packets: Packets, told: Headers) -> dict[int, int]:
    """The encrypted streams by their PID; from now on the tables name them as clear ones."""
    associated = _Part(packets, told, PAT_PID)
    maps = {pid for section in associated.sections(PAT) for pid in programmes(section.tobytes()).values()}
    found = {}
    for pid in maps:
        part = _Part(packets, told, pid)
        for section in part.sections(PMT):
            named = programme(section.tobytes())
            encrypted = {one.pid: one.kind for one in named.streams if one.kind in _CLEAR_KIND} if named else {}
            if encrypted:
                _rename(section)
                found.update(encrypted)
        part.put_back()
    return found


def _rename(section: NDArray[np.uint8]) -> None:
    """Let a programme map name clear streams, in place."""
    at = 12 + (int(section[10] & 0x0F) << 8 | int(section[11]))
    while at + 5 <= len(section) - 4:
        section[at] = _CLEAR_KIND.get(int(section[at]), section[at])
        at += 5 + (int(section[at + 3] & 0x0F) << 8 | int(section[at + 4]))
    section[-4:] = np.frombuffer(crc(section[:-4].tobytes()).to_bytes(4, "big"), np.uint8)


class _Part:
    """The payloads of one PID in a row; they can be changed and put back."""

    def __init__(self, packets: Packets, told: Headers, pid: int) -> None:
        self._packets = packets
        self._rows = np.flatnonzero((told.pid == pid) & told.has_payload & told.is_synced)
        self._held = packets[self._rows]
        self._mask = np.arange(SIZE) >= told.payload_at[self._rows][:, None]
        self.bytes = self._held[self._mask]
        sizes = SIZE - told.payload_at[self._rows]
        self._begins = (np.cumsum(sizes) - sizes)[told.begins[self._rows]]
        """Where a PES packet or a section begins in it."""

    def put_back(self) -> None:
        self._held[self._mask] = self.bytes
        self._packets[self._rows] = self._held

    def samples(self) -> NDArray[np.bool_]:
        """Which bytes are those of the stream itself, from the first PES packet on."""
        found = np.ones(len(self.bytes), np.bool_)
        found[: int(self._begins[0]) if len(self._begins) else len(found)] = False
        for begin in self._begins.tolist():
            found[begin : begin + 9 + int(self.bytes[begin + 8 : begin + 9].sum())] = False
        return found

    def sections(self, table: int) -> Iterator[NDArray[np.uint8]]:
        """The whole sections of a table, as views."""
        for begin, end in pairwise([*self._begins.tolist(), len(self.bytes)]):
            part = self.bytes[begin:end]
            at = 1 + int(part[0])
            while at + 12 <= len(part) and part[at] == table:
                size = 3 + (int(part[at + 1] & 0x0F) << 8 | int(part[at + 2]))
                if at + size > len(part):
                    break
                yield part[at : at + size]
                at += size
