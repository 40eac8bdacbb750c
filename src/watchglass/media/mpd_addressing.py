"""How a manifest says where segments are, inherited from its top down to a representation (5.3.9.1)."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from watchglass.media.mpd import Addressing, Entry
from watchglass.media.playlist import MOST_SEGMENTS
from watchglass.model.errors import PlaylistError
from watchglass.net.http import ByteRange

_KINDS = {"SegmentTemplate": "template", "SegmentList": "list", "SegmentBase": "base"}
_WHOLE = re.compile(r"\+?\d{1,18}")
_SIGNED = re.compile(r"[+-]?\d{1,18}")
_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})")


class AddressingReader:
    """Reads the three elements that say it, each level adding to the one above.

    Args:
        name: What to call the manifest in messages (secrets removed).
        flaw: Is told which rule the text breaks, and how.
    """

    def __init__(self, name: str, flaw: Callable[[str, str], None]) -> None:
        self._name = name
        self._flaw = flaw

    def of(self, element: Any, inherited: Addressing | None) -> Addressing | None:
        """What holds for an element, given what holds for the one above it.

        Raises:
            PlaylistError: If it is more than can be read.
        """
        for tag in _KINDS:
            for one in children(element, tag):
                return self._merged(one, _KINDS[tag], inherited)
        return inherited

    def _merged(self, element: Any, kind: Any, inherited: Addressing | None) -> Addressing:
        above = inherited if inherited is not None and inherited.kind == kind else Addressing(kind)
        offset = element.get("availabilityTimeOffset")
        if attribute(element, "availabilityTimeComplete").lower() == "false":
            offset = None  # segments that are still being written: whole ones are watched
        changes: dict[str, Any] = {
            "timescale": whole(element, "timescale") or None,
            "presentation_offset": whole(element, "presentationTimeOffset"),
            "duration": whole(element, "duration") or None,
            "start_number": whole(element, "startNumber"),
            "end_number": whole(element, "endNumber"),
            "ept_delta": signed(element, "eptDelta"),
            "timeline": self._timeline(element),
            "availability_offset": seconds(element, "availabilityTimeOffset") if offset is not None else None,
            "media": element.get("media"),
            "index_range": self._range(element, "indexRange"),
            "urls": self._urls(element) or None,
        }
        if element.get("timescale") is not None and not changes["timescale"]:
            self._flaw("attribute", f"@timescale is {element.get('timescale')[:40]!r}, not a number above 0")
        if kind == "template" and element.get("initialization") is not None:
            changes["initialization"] = element.get("initialization")
        for one in children(element, "Initialization"):
            changes["initialization"] = one.get("sourceURL") or ""
            changes["initialization_range"] = self._range(one, "range")
        return replace(above, **{name: value for name, value in changes.items() if value is not None})

    def _timeline(self, element: Any) -> tuple[Entry, ...] | None:
        found = next(children(element, "SegmentTimeline"), None)
        if found is None:
            return None
        entries = []
        for one in children(found, "S"):
            lasts = whole(one, "d")
            if not lasts:
                self._flaw("attribute", "S@d is missing, or not a number above 0")
                continue
            entries.append(Entry(whole(one, "t"), lasts, signed(one, "r") or 0, whole(one, "n")))
        if sum(1 + max(0, entry.repeat) for entry in entries) > MOST_SEGMENTS:
            raise PlaylistError(f"{self._name}: lists more than {MOST_SEGMENTS} segments, not read")
        return tuple(entries)

    def _urls(self, element: Any) -> tuple[tuple[str, ByteRange | None], ...]:
        found = tuple(
            (one.get("media") or "", self._range(one, "mediaRange")) for one in children(element, "SegmentURL")
        )
        if len(found) > MOST_SEGMENTS:
            raise PlaylistError(f"{self._name}: lists more than {MOST_SEGMENTS} segments, not read")
        return found

    def _range(self, element: Any, name: str) -> ByteRange | None:
        text = attribute(element, name)
        if not text:
            return None
        told = _RANGE.fullmatch(text)
        if told is None or int(told[2]) < int(told[1]):
            raise PlaylistError(f"{self._name}: a byte range is not understood: {text[:40]!r}")
        return ByteRange(int(told[1]), int(told[2]) - int(told[1]) + 1)


def children(element: Any, name: str) -> Iterator[Any]:
    """The elements of this name right below, whatever their namespace is called."""
    for one in element:
        if isinstance(one.tag, str) and one.tag.rpartition("}")[2] == name:
            yield one


def attribute(element: Any, name: str) -> str:
    """An attribute without space around it, empty where it is absent."""
    return (element.get(name) or "").strip()


def whole(element: Any, name: str) -> int | None:
    """A number from 0; None where it is absent, or none."""
    text = attribute(element, name)
    return int(text) if _WHOLE.fullmatch(text) else None


def signed(element: Any, name: str) -> int | None:
    """A number; None where it is absent, or none."""
    text = attribute(element, name)
    return int(text) if _SIGNED.fullmatch(text) else None


def seconds(element: Any, name: str) -> float:
    """Seconds as a decimal, ``INF`` for infinity; 0 where they are absent, or none."""
    text = attribute(element, name)
    if text.upper() == "INF":
        return math.inf
    return float(text) if re.fullmatch(r"\d{1,12}(?:\.\d{0,12})?", text) else 0.0
