"""Text in fragments of MP4 (ISO/IEC 14496-12 and 14496-30): the samples of a subtitle rendition."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from watchglass.media.cue import Cue
from watchglass.media.subtitle_text import tidy, without_tags
from watchglass.media.ttml import MOST_CUES
from watchglass.media.ttml import cues as ttml_cues
from watchglass.model.errors import SourceError

_MOST_SAMPLES = 10_000
_MOST_BOXES = 10_000


class _Box(NamedTuple):
    """A box: what it is, where it begins, and what it holds."""

    kind: bytes
    at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class TextTrack:
    """What an init section says."""

    codec: str
    """``stpp`` (TTML) or ``wvtt`` (WebVTT)."""
    ticks: int
    """A second."""
    lasts: int = 0
    """Ticks of a sample that does not say so itself."""
    size: int = 0
    """Bytes, likewise."""


class _Sample(NamedTuple):
    begin: float
    lasts: float
    data: bytes


def is_whole(data: bytes) -> bool:
    """Whether it is a file with an init section of its own."""
    return data[4:8] == b"ftyp"


def text_track(init: bytes, name: str) -> TextTrack:
    """Read an init section.

    Raises:
        SourceError: It has no track of text that is understood.
    """
    timescale = next(_inside(init, b"moov", b"trak", b"mdia", b"mdhd"), None)
    described = next(_inside(init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"), None)
    usual = next(_inside(init, b"moov", b"mvex", b"trex"), b"")
    if timescale is None or described is None:
        raise SourceError(f"{name}: its init section has no track")
    at = 20 if timescale[:1] == b"\1" else 12
    ticks, codec = _int(timescale, at), described[12:16].decode("latin-1")
    if codec not in ("stpp", "wvtt") or not ticks:
        raise SourceError(f"{name}: text as {codec!r} is not understood")
    return TextTrack(codec, ticks, _int(usual, 12), _int(usual, 16))


def cues(track: TextTrack, segment: bytes, name: str) -> list[Cue]:
    """The cues of a segment, on the clock of the track.

    Raises:
        SourceError: It is broken.
    """
    found = list[Cue]()
    for begin, lasts, data in _samples(track, segment, name):
        if track.codec == "wvtt":
            texts = (body for box in _boxes(data) if box.kind == b"vttc" for body in _inside(box.body, b"payl"))
            text = tidy("\n".join(without_tags(body.decode("utf-8", errors="replace")) for body in texts))
            if text:
                found.append(Cue(begin, lasts, text))
        elif data.strip():
            found += ttml_cues(data, name)
        if len(found) > MOST_CUES:
            raise SourceError(f"{name}: holds more than {MOST_CUES} cues, not read")
    return found


def _samples(track: TextTrack, segment: bytes, name: str) -> Iterator[_Sample]:
    count, held = 0, 0
    for moof in _boxes(segment):
        for traf in (
            _inside(segment[moof.at : moof.at + 8] + moof.body, b"moof", b"traf") if moof.kind == b"moof" else ()
        ):
            lasts, size = _usual(track, next(_inside(traf, b"tfhd"), b""))
            decoded = next(_inside(traf, b"tfdt"), b"")
            ticks = _int(decoded, 4, 8 if decoded[:1] == b"\1" else 4)
            data = moof.at + len(moof.body) + 16  # behind the head of what follows
            for run in _inside(traf, b"trun"):
                flags, listed, at = _int(run, 1, 3), _int(run, 4), 8
                if flags & 1:
                    data, at = moof.at + _int(run, at), at + 4
                at += 4 if flags & 4 else 0
                for _ in range(listed):
                    count += 1
                    if count > _MOST_SAMPLES or at > len(run):
                        raise SourceError(f"{name}: its fragments list more samples than there are")
                    one, many = lasts, size
                    if flags & 0x100:
                        one, at = _int(run, at), at + 4
                    if flags & 0x200:
                        many, at = _int(run, at), at + 4
                    at += (4 if flags & 0x400 else 0) + (4 if flags & 0x800 else 0)
                    if data + many > len(segment):
                        raise SourceError(f"{name}: a sample of {many} bytes ends beyond the segment")
                    held += many
                    if held > len(segment):
                        raise SourceError(f"{name}: its samples lie over one another, not read")
                    yield _Sample(ticks / track.ticks, one / track.ticks, segment[data : data + many])
                    ticks, data = ticks + one, data + many


def _usual(track: TextTrack, header: bytes) -> tuple[int, int]:
    """Ticks and bytes of samples of a fragment that do not say so themselves."""
    flags, at = _int(header, 1, 3), 8
    at += (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    lasts, size = track.lasts, track.size
    if flags & 8:
        lasts, at = _int(header, at), at + 4
    if flags & 16:
        size = _int(header, at)
    return lasts, size


def _inside(data: bytes, *path: bytes) -> Iterator[bytes]:
    """What the boxes at a path hold."""
    for box in _boxes(data):
        if box.kind == path[0]:
            if len(path) == 1:
                yield box.body
            else:
                yield from _inside(box.body, *path[1:])


def _boxes(data: bytes) -> Iterator[_Box]:
    """The boxes in some bytes, as far as they are whole."""
    at = 0
    for _ in range(_MOST_BOXES):
        size, head = _int(data, at), 8
        if size == 1:
            size, head = _int(data, at + 8, 8), 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            return
        yield _Box(data[at + 4 : at + 8], at, data[at + head : at + size])
        at += size


def _int(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "big")
