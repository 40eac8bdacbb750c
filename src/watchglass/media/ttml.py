"""TTML documents (W3C TTML2, IMSC1): text and times, read with suspicion.

How it looks is left aside. Nothing outside the document is read, and a document that declares a DOCTYPE is refused.
"""

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from watchglass.media.cue import PICTURE, Cue
from watchglass.media.subtitle_text import tidy
from watchglass.model.errors import SourceError

MOST_BYTES = 4_000_000
MOST_CUES = 20_000
_CLOCK = re.compile(r"(\d{1,6}):(\d\d):(\d\d)(?:\.(\d{1,9})|:(\d{2,3})(?:\.\d+)?)?")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)")
_SPACE = re.compile(r"\s+")
_PARAMETER = "{http://www.w3.org/ns/ttml#parameter}"
_BITMAP = "{http://www.smpte-ra.org/schemas/2052-1/2010/smpte-tt}backgroundImage"
_MOST_SECONDS = 1e7


class _Clock:
    """Reads time expressions (TTML2, 12.3.1)."""

    def __init__(self, root: "etree._Element") -> None:
        rate = _number(root.get(f"{_PARAMETER}frameRate"), 30.0)
        above, _, below = (root.get(f"{_PARAMETER}frameRateMultiplier") or "1 1").replace(":", " ").partition(" ")
        self._frames = rate * _number(above, 1.0) / _number(below, 1.0)
        has_rate = root.get(f"{_PARAMETER}frameRate") is not None
        self._ticks = _number(root.get(f"{_PARAMETER}tickRate"), self._frames if has_rate else 1.0)

    def seconds(self, text: str | None) -> float | None:
        """None where there is none.

        Raises:
            SourceError: It is no time.
        """
        if text is None:
            return None
        text = text.strip()
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds, fraction, frames = clock.groups()
            whole = int(hours) * 3600.0 + int(minutes) * 60.0 + int(seconds)
            return whole + (float(f"0.{fraction}") if fraction else int(frames or 0) / self._frames)
        if offset := _OFFSET.fullmatch(text):
            unit = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "f": 1.0 / self._frames, "t": 1.0 / self._ticks}
            return min(float(offset[1]) * unit[offset[2]], _MOST_SECONDS)
        raise SourceError(f"is no time: {text[:40]!r}")


def cues(data: bytes, name: str) -> list[Cue]:
    """The cues of a document, by their beginning.

    Args:
        data: All of it.
        name: What to call it in messages (secrets removed).

    Raises:
        SourceError: It is no TTML, or beyond what is read.
    """
    root = _root(data, name)
    try:
        clock = _Clock(root)
        body = next((each for each in root if _tag(each) == "body"), None)
        found = [] if body is None else list(islice(_walk(body, clock, 0.0, None), MOST_CUES + 1))
    except SourceError as error:
        raise SourceError(f"{name}: {error}") from None
    if len(found) > MOST_CUES:
        raise SourceError(f"{name}: holds more than {MOST_CUES} cues, not read")
    return sorted(found)


def _root(data: bytes, name: str) -> "etree._Element":
    if len(data) > MOST_BYTES:
        raise SourceError(f"{name}: a document of more than {MOST_BYTES / 1e6:g} MB is not read")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"{name}: is not XML ({str(error)[:120]})") from None
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise SourceError(f"{name}: declares a DOCTYPE, not read")
    if _tag(root) != "tt":
        raise SourceError(f"{name}: is not TTML, but {_tag(root)[:40]!r}")
    return root


def _walk(element: "etree._Element", clock: _Clock, begins: float, ends: float | None) -> Iterator[Cue]:
    """The cues under an element whose parent is shown in that time: children are timed within it (TTML2, 12.4)."""
    begin, end = _times(element, clock, begins, ends)
    if _tag(element) in ("body", "div"):
        for child in element:
            yield from _walk(child, clock, begin, end)
        if element.get(_BITMAP):
            yield from _cue(begin, end, PICTURE)
    elif _tag(element) == "p":
        yield from _shown(element, clock, begin, end)


def _shown(element: "etree._Element", clock: _Clock, begin: float, end: float | None) -> Iterator[Cue]:
    """What an element shows in its time, and what timed ones in it show in theirs: no text is read twice."""
    text, timed = list[str](), list[etree._Element]()
    _gather(element, text, timed)
    yield from _cue(begin, end, tidy("".join(text)))
    for each in timed:
        yield from _shown(each, clock, *_times(each, clock, begin, end))


def _times(element: "etree._Element", clock: _Clock, begins: float, ends: float | None) -> tuple[float, float | None]:
    """From when to when an element is shown whose parent is shown in that time (seconds; no end: None)."""
    begin = begins + (clock.seconds(element.get("begin")) or 0.0)
    lasts, until = clock.seconds(element.get("dur")), clock.seconds(element.get("end"))
    each = (None if lasts is None else begin + lasts, None if until is None else begins + until, ends)
    return begin, min((time for time in each if time is not None), default=None)


def _cue(begin: float, end: float | None, text: str) -> Iterator[Cue]:
    if text and (end is None or end > begin):
        yield Cue(begin, 0.0 if end is None else end - begin, text)


def _is_timed(element: "etree._Element") -> bool:
    return any(element.get(name) is not None for name in ("begin", "end", "dur"))


def _gather(element: "etree._Element", text: list[str], timed: "list[etree._Element]") -> None:
    """Its text with line breaks, white space being one space (TTML2, 8.1.4), and what in it has times of its own."""
    if _tag(element) == "br":
        text.append("\n")
    elif _tag(element) != "metadata":
        text.append(_SPACE.sub(" ", element.text or ""))
        for child in element:
            if _is_timed(child):
                timed.append(child)
            else:
                _gather(child, text, timed)
            text.append(_SPACE.sub(" ", child.tail or ""))


def _tag(element: "etree._Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _number(text: str | None, default: float) -> float:
    """A positive number, else what is usual."""
    return float(text) if text is not None and re.fullmatch(r"0*[1-9]\d{0,8}", text.strip()) else default
