"""SAMPLE-AES of transport streams and packed audio, for tests, as Apple's text has it: sample by sample.

Source: Apple, "MPEG-2 Stream Encryption Format for HTTP Live Streaming", 2.
"""

import io
import re

import av
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from segments import Media
from watchglass.media.ts_sections import crc

KINDS = {0x1B: 0xDB, 0x0F: 0xCF, 0x81: 0xC1, 0x87: 0xC2}


def sealed_ts(data: bytes, key: bytes, iv: bytes) -> bytes:
    """A segment of H.264 and AAC, AC-3 or E-AC-3, muxed again with encrypted samples."""
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(data)) as source,
        av.open(out, "w", format="mpegts", options={"mpegts_flags": "initial_discontinuity"}) as target,
    ):
        streams = {one.index: target.add_stream_from_template(one) for one in source.streams}
        for packet in source.demux():
            if packet.size:
                name = packet.stream.codec_context.name
                sample = picture(bytes(packet), key, iv) if name == "h264" else frames(bytes(packet), name, key, iv)
                packed = av.Packet(sample)
                packed.pts, packed.dts, packed.time_base = packet.pts, packet.dts, packet.time_base
                packed.duration, packed.is_keyframe = packet.duration, packet.is_keyframe
                packed.stream = streams[packet.stream.index]
                target.mux(packed)
    return renamed(out.getvalue())


def picture(sample: bytes, key: bytes, iv: bytes) -> bytes:
    """An access unit in a byte stream."""
    return b"".join(b"\0\0\0\1" + nal(unit, key, iv) for unit in re.split(b"\0*\0\0\1", sample)[1:])


def nal(unit: bytes, key: bytes, iv: bytes) -> bytes:
    if unit[0] & 31 not in (1, 5) or len(unit) <= 48:
        return unit
    cipher, out, at = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor(), unit[:32], 32
    while at < len(unit):
        if len(unit) - at > 16:
            out += cipher.update(unit[at : at + 16])
            at += 16
        out += unit[at : at + 144]
        at += 144
    return re.sub(b"\0\0(?=[\0-\3])", b"\0\0\3", out)


def frames(data: bytes, codec: str, key: bytes, iv: bytes) -> bytes:
    """Frames of sound in a row."""
    out, at = b"", 0
    while at < len(data):
        if codec == "aac":
            header, size = 7, (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        else:
            header, size = 0, len(data)
        frame = data[at : at + size]
        secret = (size - header - 16) // 16 * 16
        clear = header + 16
        cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        body = cipher.update(frame[clear : clear + secret]) if secret > 0 else b""
        out += frame[:clear] + body + frame[clear + max(0, secret) :]
        at += size
    return out


def renamed(data: bytes) -> bytes:
    """Packets whose programme maps name encrypted streams."""
    out = b""
    for at in range(0, len(data), 188):
        packet = bytearray(data[at : at + 188])
        if packet[1] & 0x40 and packet[3] & 0x30 == 0x10 and packet[4] == 0 and packet[5] == 2:
            size = 3 + ((packet[6] & 15) << 8 | packet[7])
            section = packet[5 : 5 + size]
            entry = 12 + ((section[10] & 15) << 8 | section[11])
            while entry < size - 4:
                section[entry] = KINDS[section[entry]]
                entry += 5 + ((section[entry + 3] & 15) << 8 | section[entry + 4])
            section[-4:] = crc(bytes(section[:-4])).to_bytes(4, "big")
            packet[5 : 5 + size] = section
        out += packet
    return out


def sealed_packed(data: bytes, key: bytes, iv: bytes) -> bytes:
    """Packed audio: a tag, and frames of AAC."""
    size = 10 + data[9]
    return data[:size] + frames(data[size:], "aac", key, iv)


def with_key(media: Media, line: str, before: str = "#EXTINF") -> str:
    """The playlist with a line before the first of some tag."""
    return media.playlist.replace(before, f"{line}\n{before}", 1)
