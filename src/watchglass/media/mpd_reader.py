"""DASH manifests, read with suspicion (ISO/IEC 23009-1).

XML is a language for attacks as much as for manifests: a document type is refused before anything is parsed, entities
are not resolved, nothing is loaded, and size, elements, depth and counts have limits. What is written wrongly is left
out or taken as the standard's default, and noted as a flaw where a detector tells it.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from watchglass.media import mpd_captions
from watchglass.media.mpd import (
    AdaptationSet,
    BaseUrl,
    Flaw,
    Kind,
    Mpd,
    Period,
    Protection,
    Representation,
    Timing,
)
from watchglass.media.mpd_addressing import AddressingReader, attribute, children, seconds, whole
from watchglass.media.mpd_time import duration, moment
from watchglass.media.playlist import MOST_BYTES
from watchglass.model.errors import PlaylistError
from watchglass.net.address import redact, redact_reference

MOST_ELEMENTS = 250_000
"""Elements and closing tags that are still read."""
MOST_ATTRIBUTES = 1_000_000
MOST_PERIODS = 1_000
MOST_REPRESENTATIONS = 5_000
_MOST_FLAWS = 50
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NOTHING = "urn:mpeg:dash:resolve-to-zero:2013"
_TRICK_MODE = "http://dashif.org/guidelines/trickmode"
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SOUND = ("mp4a", "ac-3", "ec-3", "ac-4", "opus", "flac", "vorbis", "dts", "mp3", "mha", "mhm", "alac")
_TEXT = ("stpp", "wvtt")
_KINDS = ("video", "audio", "text", "image")


def parse(data: bytes, name: str) -> Mpd:
    """Read a manifest.

    Args:
        data: All of it.
        name: What to call it in messages (secrets removed).

    Raises:
        PlaylistError: If it is not a manifest, or one that cannot be followed.
    """
    return _Reader(name).read(_root(data, name))


def _root(data: bytes, name: str) -> Any:
    if len(data) > MOST_BYTES:
        raise PlaylistError(f"{name}: a manifest of more than {MOST_BYTES / 1e6:g} MB is not read")
    text = _decoded(data, name)
    if not text.strip():
        raise PlaylistError(f"{name}: is empty, not a manifest")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise PlaylistError(f"{name}: brings a document type of its own, which no manifest needs; not read")
    if text.count("<") > MOST_ELEMENTS or text.count("=") > MOST_ATTRIBUTES:
        raise PlaylistError(f"{name}: a manifest of more than {MOST_ELEMENTS} elements is not read")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(_DECLARATION.sub("", text, count=1).encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PlaylistError(f"{name}: is not a manifest: {redact(str(error))[:200]}") from None
    if root is None or etree.QName(root).localname != "MPD":
        raise PlaylistError(f"{name}: is not a DASH manifest: it does not begin with MPD")
    return root


def _decoded(data: bytes, name: str) -> str:
    """As text: in UTF-8, or in UTF-16 where it says so by its mark; another one may hide what must be seen."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = data.decode(encoding, errors="replace")
    if "\0" in text:
        raise PlaylistError(f"{name}: is written in an encoding that is not read: UTF-8 is")
    return text


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._notes: dict[str, None] = {}
        self._flaws: list[Flaw] = []
        self._representations = 0
        self._addressing = AddressingReader(name, self._flaw)

    def read(self, root: Any) -> Mpd:
        kind = attribute(root, "type") or "static"
        is_dynamic = kind == "dynamic"
        if kind not in ("static", "dynamic"):
            self._flaw("attribute", f"MPD@type is {kind[:40]!r}, neither static nor dynamic")
        mpd = Mpd(
            is_dynamic=is_dynamic,
            periods=(),
            availability_start=self._moment(root, "availabilityStartTime") or 0.0,
            publish_time=self._moment(root, "publishTime"),
            minimum_update_period=self._duration(root, "minimumUpdatePeriod"),
            time_shift_depth=self._duration(root, "timeShiftBufferDepth"),
            presentation_duration=self._duration(root, "mediaPresentationDuration"),
            suggested_delay=self._duration(root, "suggestedPresentationDelay"),
            min_buffer_time=self._duration(root, "minBufferTime"),
            max_segment_duration=self._duration(root, "maxSegmentDuration"),
            locations=tuple(filter(None, (_text(one) for one in children(root, "Location")))),
            timings=tuple(
                Timing(attribute(one, "schemeIdUri").lower(), attribute(one, "value"))
                for one in children(root, "UTCTiming")
            ),
        )
        self._expect(root, "MPD", "profiles", "minBufferTime")
        if is_dynamic:
            self._expect(root, "MPD", "availabilityStartTime")
            if not attribute(root, "publishTime"):
                self._flaw("publish_time_missing", "MPD@publishTime")
        periods = self._periods(root, mpd)
        if not periods:
            raise PlaylistError(f"{self._name}: has no period that can be watched")
        return replace(mpd, periods=periods, notes=tuple(self._notes), flaws=tuple(self._flaws))

    def _periods(self, root: Any, mpd: Mpd) -> tuple[Period, ...]:
        found = [one for one in children(root, "Period") if not self._is_elsewhere(one, "period")]
        if len(found) > MOST_PERIODS:
            raise PlaylistError(f"{self._name}: has more than {MOST_PERIODS} periods, not read")
        bases = (_bases(root),)
        starts = self._starts(found, mpd)
        periods = []
        for index, (element, start) in enumerate(zip(found, starts, strict=True)):
            if start is None:
                self._notes["a period whose beginning is not told yet is not watched"] = None
                continue
            lasts = declared = self._duration(element, "duration")
            following = starts[index + 1] if index + 1 < len(starts) else mpd.presentation_duration
            if lasts is None and following is not None:
                lasts = max(0.0, following - start)
            addressing = self._addressing.of(element, None)
            below = (*bases, _bases(element))
            sets = [
                self._adaptation_set(one, below, addressing)
                for one in children(element, "AdaptationSet")
                if not self._is_elsewhere(one, "set of representations")
            ]
            began = self._duration(element, "start")
            periods.append(Period(attribute(element, "id"), start, lasts, tuple(sets), began, declared))
        return tuple(periods)

    def _starts(self, found: list[Any], mpd: Mpd) -> list[float | None]:
        """Where periods begin (5.3.2.1): as they say, else where the one before ends.

        The first one of a live manifest has to say it; players take it to be the beginning where it does not.
        """
        if mpd.is_dynamic and found and not attribute(found[0], "start"):
            self._flaw("attribute", "Period@start of the first period is missing")
        starts: list[float | None] = []
        end: float | None = 0.0
        for element in found:
            start = self._duration(element, "start")
            start = end if start is None else start
            lasts = self._duration(element, "duration")
            end = None if start is None or lasts is None else start + lasts
            starts.append(start)
        return starts

    def _adaptation_set(self, element: Any, bases: tuple[tuple[BaseUrl, ...], ...], inherited: Any) -> AdaptationSet:
        addressing = self._addressing.of(element, inherited)
        below = (*bases, _bases(element))
        protections = _protections(element)
        found = [self._representation(one, element, below, addressing, protections)
                 for one in children(element, "Representation")]  # fmt: skip
        self._representations += len(found)
        if self._representations > MOST_REPRESENTATIONS:
            raise PlaylistError(f"{self._name}: has more than {MOST_REPRESENTATIONS} representations, not read")
        return AdaptationSet(
            id=attribute(element, "id"),
            kind=_kind(element, found),
            language=attribute(element, "lang")[:40] or None,
            label=next((_text(one)[:80] for one in children(element, "Label")), ""),
            representations=tuple(found),
            is_aligned=attribute(element, "segmentAlignment").lower() in ("true", "1"),
            is_trick_mode=any(
                attribute(one, "schemeIdUri") == _TRICK_MODE
                for name in ("EssentialProperty", "SupplementalProperty")
                for one in children(element, name)
            ),
            is_forced=mpd_captions.is_forced(element),
            services=tuple(mpd_captions.services(element)),
        )

    def _representation(
        self,
        element: Any,
        above: Any,
        bases: tuple[tuple[BaseUrl, ...], ...],
        inherited: Any,
        protections: tuple[Protection, ...],
    ) -> Representation:
        self._expect(element, "Representation", "id", "bandwidth")
        if not attribute(element, "mimeType") and not attribute(above, "mimeType"):
            self._flaw("attribute", "a representation has no @mimeType")
        return Representation(
            id=attribute(element, "id"),
            bandwidth=whole(element, "bandwidth") or 0,
            width=whole(element, "width") or whole(above, "width") or 0,
            height=whole(element, "height") or whole(above, "height") or 0,
            codecs=attribute(element, "codecs") or attribute(above, "codecs"),
            mime_type=(attribute(element, "mimeType") or attribute(above, "mimeType")).lower(),
            bases=(*bases, _bases(element)),
            addressing=self._addressing.of(element, inherited),
            protections=_protections(element) + protections,
        )

    def _is_elsewhere(self, element: Any, what: str) -> bool:
        """Whether an element says that it is kept at another place (xlink, 5.5), which is never asked."""
        href = element.get(_XLINK)
        if href is None:
            return False
        if href == _NOTHING:
            return True
        where = redact_reference(href)[:100]
        self._notes[f"a {what} that is kept elsewhere ({where}, by xlink) is not asked for"] = None
        return not any(True for _ in element)  # what is written in its place may be watched

    def _expect(self, element: Any, name: str, *attributes: str) -> None:
        for one in attributes:
            if not attribute(element, one):
                self._flaw("attribute", f"{name}@{one} is missing")

    def _duration(self, element: Any, name: str) -> float | None:
        text = attribute(element, name)
        told = duration(text) if text else None
        if text and told is None:
            self._flaw("attribute", f"@{name} is {text[:40]!r}, not a duration")
        return told

    def _moment(self, element: Any, name: str) -> float | None:
        text = attribute(element, name)
        told = moment(text) if text else None
        if text and told is None:
            self._flaw("attribute", f"@{name} is {text[:40]!r}, not a date")
        return told

    def _flaw(self, rule: str, text: str) -> None:
        flaw = Flaw(rule, text)
        if len(self._flaws) < _MOST_FLAWS and flaw not in self._flaws:
            self._flaws.append(flaw)


def _bases(element: Any) -> tuple[BaseUrl, ...]:
    found = (BaseUrl(_text(one), seconds(one, "availabilityTimeOffset")) for one in children(element, "BaseURL"))
    return tuple(one for one in found if one.reference)


def _protections(element: Any) -> tuple[Protection, ...]:
    found = []
    for one in children(element, "ContentProtection"):
        key_id = next((value for name, value in one.attrib.items() if name.endswith("default_KID")), "")
        found.append(
            Protection(attribute(one, "schemeIdUri").lower(), attribute(one, "value").lower(), _key_id(key_id))
        )
    return tuple(found)


def _key_id(text: str) -> str | None:
    """The first of the keys that are named, as 32 hexadecimal digits."""
    digits = "".join(text.split()[:1]).replace("-", "").lower()
    return digits if re.fullmatch(r"[0-9a-f]{32}", digits) else None


def _kind(element: Any, representations: list[Representation]) -> Kind:
    told = attribute(element, "contentType").lower()
    return next((kind for kind in _kinds(told, representations) if kind in _KINDS), "")


def _kinds(told: str, representations: list[Representation]) -> Iterator[Any]:
    """What it may be, the surest first."""
    yield told
    for one in representations:
        codecs_of = [codec.strip().lower() for codec in one.codecs.split(",") if codec.strip()]
        if codecs_of and all(codec.startswith(_TEXT) for codec in codecs_of):
            yield "text"
        yield "text" if "ttml" in one.mime_type else one.mime_type.partition("/")[0]
        if codecs_of:
            yield "audio" if all(codec.startswith(_SOUND) for codec in codecs_of) else "video"


def _text(element: Any) -> str:
    return (element.text or "").strip()
