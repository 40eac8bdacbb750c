"""Captions as encoders write them, and clips that carry them."""

from collections import deque
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from watchglass.model.cea608 import with_parity

Pair = tuple[int, int]
RATE = 25
RCL, BS, RU2, RDC, TR, EDM, CR, ENM, EOC = 0x20, 0x21, 0x25, 0x29, 0x2A, 0x2C, 0x2D, 0x2E, 0x2F


def command(code: int, channel: int = 1) -> list[Pair]:
    """A control code of CC1 to CC4, twice as it must be."""
    return [(0x14 + (channel > 2) + 8 * (channel % 2 == 0), code)] * 2


def row(number: int, channel: int = 1) -> list[Pair]:
    """A preamble address code for the last rows: 14 or 15."""
    return [(0x14 + 8 * (channel % 2 == 0), 0x40 + 0x20 * (number == 15))] * 2


def letters(text: str) -> list[Pair]:
    codes = [*text.encode("ascii"), *[0] * (len(text) % 2)]
    return list(zip(codes[::2], codes[1::2], strict=True))


def pop_on(text: str, channel: int = 1) -> list[Pair]:
    """A caption that comes at once, with the last of these pairs."""
    lines = text.split("\n")
    rows = [pair for n, line in enumerate(lines) for pair in (*row(16 - len(lines) + n, channel), *letters(line))]
    return [*command(RCL, channel), *command(ENM, channel), *rows, *command(EOC, channel)]


def coded(pairs: Iterable[Pair]) -> list[Pair]:
    """With their parity."""
    return [(with_parity(first), with_parity(second)) for first, second in pairs]


def packet(sequence: int, *blocks: tuple[int, bytes]) -> bytes:
    """A packet of CEA-708 with its service blocks."""
    body = b"".join(bytes([number << 5 | len(data)]) + data for number, data in blocks)
    body += bytes(1 - len(body) % 2)  # the end of the blocks, and of the last pair
    return bytes([sequence % 4 << 6 | (len(body) + 1) // 2 % 64]) + body


def window(text: str, *, visible: bool = True) -> bytes:
    """Defines a window, writes into it, shows it."""
    define = bytes([0x98, 0x20 if visible else 0x00, 0, 0, 2, 31, 0])
    return define + b"\x0c" + text.encode("latin-1").replace(b"\n", b"\r") + b"\x03"


def triplets(line21: Pair | None = None, digital: Sequence[Pair] = (), *, field: int = 0, begins: bool = True) -> bytes:
    """The caption data of a picture (ATSC A/53 part 4): a pair of line 21, and those of a packet; padding."""
    told = [(0xFC | field, *(line21 or (0x80, 0x80)))]
    told += [(0xFF if begins and n == 0 else 0xFE, *pair) for n, pair in enumerate(digital)]
    told += [(0xFA, 0, 0)] * max(0, 4 - len(told))
    return bytes(byte for each in told for byte in each)


def pairs_of(data: bytes) -> list[Pair]:
    return list(zip(data[::2], data[1::2], strict=True))


def sei(data: bytes) -> bytes:
    """A unit of H.264 with registered user data (ITU-T T.35) that holds the caption data, in Annex B form."""
    told = b"\xb5\x00\x31GA94\x03" + bytes([0x40 | len(data) // 3, 0xFF]) + data + b"\xff"
    plain = bytes([4, len(told)]) + told + b"\x80"
    guarded, zeros = bytearray(), 0
    for byte in plain:
        if zeros >= 2 and byte <= 3:
            guarded.append(3)
            zeros = 0
        guarded.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return b"\0\0\0\1\x06" + bytes(guarded)


def with_captions(access_unit: bytes, data: bytes) -> bytes:
    """The coded picture with caption data right before its first slice."""
    at = min(each for each in (access_unit.find(b"\0\0\1" + bytes([head])) for head in (0x65, 0x41, 0x01)) if each >= 0)
    return access_unit[:at] + sei(data)[1:] + access_unit[at:]


def line21(told: Iterable[tuple[float, Sequence[Pair]]], seconds: float, rate: int = RATE) -> list[bytes]:
    """Caption data by picture: each list of pairs begins at its time or as soon as there is room."""
    waiting, made = deque(sorted(told, key=lambda each: each[0])), []
    pairs = deque[Pair]()
    for number in range(round(seconds * rate)):
        while waiting and waiting[0][0] <= number / rate + 1e-9:
            pairs.extend(coded(waiting.popleft()[1]))
        made.append(triplets(pairs.popleft() if pairs else None))
    return made


def clip(
    path: Path,
    data: Sequence[bytes | None],
    *,
    sound: np.ndarray | None = None,
    rate: int = RATE,
    options: dict[str, str] | None = None,
    format: str = "mpegts",
) -> Path:
    """A clip of H.264 (64 x 48, moving) whose pictures carry caption data, with mono sound of 16 kHz."""
    with av.open(str(path), "w", format=format) as out:
        settings = {"preset": "ultrafast", "bf": "0", **(options or {})}
        shown = out.add_stream("libx264", rate=rate, options=settings)
        shown.width, shown.height, shown.pix_fmt = 64, 48, "yuv420p"
        shown.codec_context.time_base = Fraction(1, rate)
        heard = None if sound is None else out.add_stream("aac", rate=16_000, layout="mono")
        rng = np.random.default_rng(3)
        world = rng.integers(16, 235, (48, 64 + 4 * RATE), np.uint8).repeat(1, axis=0)
        done = 0
        for number in [*range(len(data)), None]:
            frame = None
            if number is not None:
                at = number % (3 * RATE)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(world[:, at : at + 64]), format="gray")
                frame = frame.reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, rate)
            for coded_picture in shown.encode(frame):
                place = round(coded_picture.pts * coded_picture.time_base * rate)
                out.mux(_captioned(coded_picture, data[place]))
            while heard is not None and sound is not None and (number is None or done < number * 16_000 // rate):
                if done >= len(sound):
                    break
                part = np.ascontiguousarray(sound[None, done : done + 1024], np.float32)
                block = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
                block.sample_rate, block.pts, block.time_base = 16_000, done, Fraction(1, 16_000)
                out.mux(heard.encode(block))
                done += 1024
        if heard is not None:
            out.mux(heard.encode(None))
    return path


def _captioned(coded_picture: "av.Packet", data: bytes | None) -> "av.Packet":
    if data is None:
        return coded_picture
    made = av.Packet(with_captions(bytes(coded_picture), data))
    made.stream, made.pts, made.dts = coded_picture.stream, coded_picture.pts, coded_picture.dts
    made.time_base, made.is_keyframe = coded_picture.time_base, coded_picture.is_keyframe
    made.duration = coded_picture.duration
    return made


def speech(seconds: float, rate: int = 16_000, seed: int = 1) -> np.ndarray:
    """Sound whose level moves as that of speech: syllables, words, pauses for breath."""
    rng = np.random.default_rng(seed)
    made = np.zeros(round(seconds * rate), np.float32)
    at = 0.0
    while at < seconds:
        for _ in range(int(rng.integers(3, 7))):
            lasts = float(rng.uniform(0.08, 0.2))
            times = np.arange(round(lasts * rate)) / rate
            pitch = float(rng.uniform(110, 180))
            tone = sum(np.sin(2 * np.pi * pitch * k * times) / k for k in range(1, 9))
            begin = round(at * rate)
            part = made[begin : begin + len(times)]
            part += (0.15 * tone * np.sin(np.pi * times / lasts))[: len(part)].astype(np.float32)
            at += lasts + float(rng.uniform(0.02, 0.08))
        at += float(rng.uniform(0.2, 0.5))
    return made + 0.0005 * rng.standard_normal(len(made)).astype(np.float32)
