"""WebVTT documents (W3C), read with suspicion: text and times; how it looks is left aside."""

import re
from dataclasses import dataclass

from watchglass.media.cue import Cue
from watchglass.media.subtitle_text import tidy, without_tags
from watchglass.model.errors import SourceError

MOST_BYTES = 4_000_000
MOST_CUES = 20_000
TICKS = 90_000
_TIME = r"(?:(\d{2,6}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_MAP = re.compile(r"(?:^|,)\s*(LOCAL|MPEGTS):([^,\s]+)")
_CLOCK = re.compile(_TIME)


@dataclass(frozen=True, slots=True)
class Document:
    """What a document holds."""

    cues: tuple[Cue, ...]
    """In the order in which they are written."""
    offset: float | None
    """Seconds from its clock to that of the stream, which has 33 bits at 90 kHz (RFC 8216bis, 3.1.4); None where it
    does not say."""
    broken: int
    """Cues whose times cannot be read."""


def parse(data: bytes, name: str) -> Document:
    """Read a document.

    Args:
        data: All of it.
        name: What to call it in messages (secrets removed).

    Raises:
        SourceError: It is no WebVTT, or beyond what is read.
    """
    if len(data) > MOST_BYTES:
        raise SourceError(f"{name}: a document of more than {MOST_BYTES / 1e6:g} MB is not read")
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    blocks = re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    head = blocks[0].split("\n")
    if not re.match(r"WEBVTT(?:[ \t]|$)", head[0]):
        raise SourceError(f"{name}: is not WebVTT: begins with {head[0][:40]!r}")
    offset = None
    for line in head[1:]:
        if line.startswith("X-TIMESTAMP-MAP="):
            offset = _offset(line.partition("=")[2], name)
    cues, broken = list[Cue](), 0
    for block in blocks[1:] if "-->" not in blocks[0] else ["\n".join(head[1:]), *blocks[1:]]:
        cue = _cue(block)
        if cue is not None:
            cues.append(cue)
        elif "-->" in block and not block.startswith(("NOTE", "STYLE", "REGION")):
            broken += 1
        if len(cues) > MOST_CUES:
            raise SourceError(f"{name}: holds more than {MOST_CUES} cues, not read")
    return Document(tuple(cues), offset, broken)


def _cue(block: str) -> Cue | None:
    """A cue: its times in the first line, or in the second after an identifier; text below."""
    lines = block.split("\n")
    for number, line in enumerate(lines[:2]):
        timing = _TIMING.fullmatch(line.strip())
        if timing is not None:
            begin, end = _seconds(timing.groups()[:4]), _seconds(timing.groups()[4:])
            text = tidy(without_tags("\n".join(lines[number + 1 :])))
            return Cue(begin, end - begin, text) if end >= begin else None
    return None


def _offset(told: str, name: str) -> float:
    given = dict(_MAP.findall(told))
    local, ticks = _CLOCK.fullmatch(given.get("LOCAL", "")), given.get("MPEGTS", "")
    if local is None or not re.fullmatch(r"\d{1,15}", ticks):
        raise SourceError(f"{name}: its X-TIMESTAMP-MAP cannot be read: {told[:80]!r}")
    return int(ticks) / TICKS - _seconds(local.groups())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return hours * 3600.0 + minutes * 60.0 + seconds + thousandths / 1000.0
