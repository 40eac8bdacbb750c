"""Media and playlists with bits flipped, cut short, spliced, and with numbers that nobody expects."""

import random
import re
from collections.abc import Callable, Sequence

from harming.media import Sample

_NUMBERS = (b"0", b"-1", b"4294967296", b"99999999999999999999", b"1e400", b"NaN", b"0.0000001")


def mutant(samples: Sequence[Sample], rng: random.Random) -> tuple[str, Sample]:
    """One of them, spoilt; what was done to it, and it."""
    sample = rng.choice(samples)
    files = dict(sample.files)
    done = []
    for name in {sample.entry if rng.random() < 0.5 else rng.choice(list(files)) for _ in range(2)}:
        is_text = name.endswith((".m3u8", ".mpd"))
        for _ in range(rng.choice((1, 1, 2))):
            spoil = rng.choice(_OF_TEXT if is_text else _OF_MEDIA)
            files[name] = spoil(files[name], rng, samples)
            done.append(f"{spoil.__name__.strip('_')} {name}")
    return f"{sample.name}: {', '.join(done)}", Sample(sample.name, files)


_Spoil = Callable[[bytes, random.Random, Sequence[Sample]], bytes]


def _flip(data: bytes, rng: random.Random, _: Sequence[Sample]) -> bytes:
    spoilt = bytearray(data)
    for _number in range(rng.choice((1, 8, 64, 512))):
        if spoilt:
            spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _flip_head(data: bytes, rng: random.Random, every: Sequence[Sample]) -> bytes:
    return _flip(data[:2048], rng, every) + data[2048:]


def _cut(data: bytes, rng: random.Random, _: Sequence[Sample]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _behead(data: bytes, rng: random.Random, _: Sequence[Sample]) -> bytes:
    return data[rng.randrange(len(data) + 1) :]


def _splice(data: bytes, rng: random.Random, every: Sequence[Sample]) -> bytes:
    other = rng.choice(list(rng.choice(every).files.values()))
    at, begin = rng.randrange(len(data) + 1), rng.randrange(len(other) + 1)
    piece = other[begin : begin + rng.choice((16, 188, 4_096, 100_000))]
    return data[:at] + piece + data[at + (len(piece) if rng.random() < 0.5 else 0) :]


def _repeat(data: bytes, rng: random.Random, _: Sequence[Sample]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at : at + rng.choice((4, 188, 5_000))] * rng.choice((2, 20)) + data[at:]


def _blank(data: bytes, rng: random.Random, _: Sequence[Sample]) -> bytes:
    at, count = rng.randrange(len(data) + 1), rng.choice((4, 188, 5_000))
    return data[:at] + rng.choice((b"\0", b"\xff")) * count + data[at + count :]


def _huge(data: bytes, rng: random.Random, _: Sequence[Sample]) -> bytes:
    """A number of four bytes that is as large as it can be, or nothing: lengths and counts most likely."""
    at = rng.randrange(min(len(data), 4_096) + 1) & ~3
    return data[:at] + rng.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1")) + data[at + 4 :]


def _number(data: bytes, rng: random.Random, _: Sequence[Sample]) -> bytes:
    found = list(re.finditer(rb"\d+(\.\d+)?", data))
    if not found:
        return data
    one = rng.choice(found)
    return data[: one.start()] + rng.choice(_NUMBERS) + data[one.end() :]


def _line(data: bytes, rng: random.Random, every: Sequence[Sample]) -> bytes:
    """A line is left out, comes again, or comes from elsewhere."""
    lines = re.split(rb"(?<=[\n>])", data)
    others = [text for each in every for name, text in each.files.items() if name.endswith((".m3u8", ".mpd"))]
    at = rng.randrange(len(lines))
    theirs = rng.choice(re.split(rb"(?<=[\n>])", rng.choice(others)))
    lines[at : at + 1] = rng.choice(([], [lines[at]] * 3, [theirs], [lines[at], b"\xff\xfe\0\n"]))
    return b"".join(lines)


_OF_MEDIA: tuple[_Spoil, ...] = (_flip, _flip, _flip_head, _cut, _behead, _splice, _splice, _repeat, _blank, _huge)
_OF_TEXT: tuple[_Spoil, ...] = (_flip, _cut, _splice, _repeat, _number, _number, _line, _line)
