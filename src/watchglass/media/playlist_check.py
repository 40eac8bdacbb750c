"""What one copy of an HLS playlist breaks of the rules (RFC 8216bis); lenient parsers pass over all of it.

Rules by name are those of ``model/playlist_rules.py``.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite

from watchglass.media.playlist_parts import attribute_list
from watchglass.model.transport import RuleBreak
from watchglass.net.address import redact

_RANGE = re.compile(r"#EXT-X-BYTERANGE:\s*\d+(@\d+)?\s*")
_EXTINF = re.compile(r"#EXTINF:\s*(\d{1,10})(\.\d+)?")
_ONCE = {
    "#EXT-X-VERSION", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
    "#EXT-X-ENDLIST", "#EXT-X-PLAYLIST-TYPE", "#EXT-X-I-FRAMES-ONLY", "#EXT-X-PART-INF", "#EXT-X-SERVER-CONTROL",
    "#EXT-X-START", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-SKIP", "#EXT-X-CONTENT-STEERING",
}  # fmt: skip
_OF_MEDIA = {
    "#EXTINF", "#EXT-X-BYTERANGE", "#EXT-X-DISCONTINUITY", "#EXT-X-KEY", "#EXT-X-MAP", "#EXT-X-PROGRAM-DATE-TIME",
    "#EXT-X-GAP", "#EXT-X-PART", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
    "#EXT-X-ENDLIST", "#EXT-X-PLAYLIST-TYPE", "#EXT-X-I-FRAMES-ONLY", "#EXT-X-PART-INF", "#EXT-X-SERVER-CONTROL",
}  # fmt: skip
_OF_RENDITIONS = {
    "#EXT-X-MEDIA", "#EXT-X-STREAM-INF", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-SESSION-DATA", "#EXT-X-SESSION-KEY",
    "#EXT-X-CONTENT-STEERING",
}  # fmt: skip
_REQUIRED = {
    "#EXT-X-KEY": ("METHOD",),
    "#EXT-X-MAP": ("URI",),
    "#EXT-X-PART": ("URI", "DURATION"),
    "#EXT-X-PART-INF": ("PART-TARGET",),
    "#EXT-X-PRELOAD-HINT": ("TYPE", "URI"),
    "#EXT-X-RENDITION-REPORT": ("URI",),
    "#EXT-X-SKIP": ("SKIPPED-SEGMENTS",),
    "#EXT-X-START": ("TIME-OFFSET",),
    "#EXT-X-DATERANGE": ("ID", "START-DATE"),
    "#EXT-X-MEDIA": ("TYPE", "GROUP-ID", "NAME"),
    "#EXT-X-I-FRAME-STREAM-INF": ("URI",),
    "#EXT-X-SESSION-DATA": ("DATA-ID",),
    "#EXT-X-SESSION-KEY": ("METHOD", "URI"),
    "#EXT-X-CONTENT-STEERING": ("SERVER-URI",),
}
_READ = {*_REQUIRED, "#EXT-X-STREAM-INF", "#EXT-X-SERVER-CONTROL"}
"""Tags whose attributes are looked at."""
_CLOCK = 1.0
"""Seconds by which a programme date-time may be off the media before it."""
_ROUNDING = 0.5
"""And for each segment whose duration is given in whole seconds."""
_SLACK = 1e-6
_MOST = 50
"""Breaks that are kept of one copy."""


def broken(text: str) -> tuple[RuleBreak, ...]:
    """The rules that a copy breaks, in the order in which that shows.

    Args:
        text: All of it, its variables put in.
    """
    copy = _Copy()
    if not text.startswith("#EXTM3U"):
        copy.tell("begins_otherwise", f"but with {text.partition('#EXTM3U')[0][:20]!r}")
    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#EXT"):
            copy.tag(number, line)
        elif line.strip() and not line.startswith("#"):
            copy.uri(number)
    copy.end(number)
    return tuple(copy.breaks[:_MOST])


class _Copy:
    """Goes through the lines of one copy."""

    def __init__(self) -> None:
        self.breaks: list[RuleBreak] = []
        self._seen: Counter[str] = Counter()
        self._version, self._needed = 1, (1, "")
        self._target: int | None = None
        self._part_target: float | None = None
        self._longest, self._longest_part = (0.0, 0), (0.0, 0)
        self._control: dict[str, str] = {}
        self._extinf: float | None = None
        self._clock: float | None = None
        """Programme date-time of the next segment, reckoned on; None while unknown."""
        self._leeway = _CLOCK
        self._named: Counter[tuple[str, str, str]] = Counter()
        self._groups: set[tuple[str, str]] = set()
        self._wanted: list[tuple[int, str, str]] = []
        self._is_rendition = False

    def tell(self, rule: str, detail: str) -> None:
        """Note a break."""
        self.breaks.append(RuleBreak(rule, detail))

    def tag(self, number: int, line: str) -> None:
        """Look at a line that is a tag."""
        name = line.partition(":")[0].rstrip()
        self._seen[name] += 1
        take = _TAKES.get(name)
        if take is not None:
            take(self, number, line)
        elif name in _READ:
            self._attributes(number, name, line)

    def uri(self, number: int) -> None:
        """A line that names a segment or a rendition."""
        if self._is_rendition:
            self._is_rendition = False
            return
        if self._extinf is None:
            self.tell("duration_missing", f"line {number}")
            self._clock = None
        elif self._clock is not None:
            self._clock += self._extinf
        self._extinf = None

    def end(self, lines: int) -> None:
        """What only shows in the end."""
        kinds = [next((tag for tag in self._seen if tag in tags), None) for tags in (_OF_MEDIA, _OF_RENDITIONS)]
        if all(kinds):
            self.tell("mixed", " and ".join(str(tag)[1:] for tag in kinds))
        for tag in _ONCE & self._seen.keys():
            if self._seen[tag] > 1:
                self.tell("repeated", f"{tag[1:]} {self._seen[tag]} times")
        if self._needed[0] > self._version:
            self.tell("version", f"{self._needed[1]} needs {self._needed[0]}, it says {self._version}")
        if self._seen["#EXTINF"] and not self._seen["#EXT-X-TARGETDURATION"]:
            self.tell("target_duration_missing", f"{lines} lines")
        if self._target is not None and int(self._longest[0] + 0.5) > self._target:
            self.tell("target_duration_exceeded", f"{self._longest[0]:g} s for {self._target} s")
        self._end_low_latency()
        for number, kind, group in self._wanted:
            if (kind, group) not in self._groups:
                self.tell("group_missing", f"line {number}: {kind} {redact(group)[:60]!r}")
        for (kind, group, name), count in self._named.items():
            if count > 1:
                self.tell("rendition_twice", f"{kind} {redact(group)[:60]!r}: {redact(name)[:60]!r}")

    def _end_low_latency(self) -> None:
        if self._seen["#EXT-X-PART"] and self._part_target is None:
            self.tell("part_target_missing", f"{self._seen['#EXT-X-PART']} parts")
        if self._part_target is not None and self._longest_part[0] > self._part_target + _SLACK:
            self.tell("part_duration_exceeded", f"{self._longest_part[0]:g} s for {self._part_target:g} s")
        for name, times, of in (
            ("HOLD-BACK", 3.0, self._target),
            ("CAN-SKIP-UNTIL", 6.0, self._target),
            ("PART-HOLD-BACK", 2.0, self._part_target),
        ):
            told = _number(self._control.get(name))
            if told is not None and of is not None and told < times * of - _SLACK:
                self.tell("hold_back", f"{name} of {told:g} s is less than {times * of:g} s")
        if self._part_target is not None and "PART-HOLD-BACK" not in self._control:
            self.tell("hold_back", "PART-HOLD-BACK is missing")

    def _need(self, version: int, what: str) -> None:
        self._needed = max(self._needed, (version, what))

    def _take_version(self, number: int, line: str) -> None:
        told = _number(line.partition(":")[2])
        self._version = int(told) if told is not None else self._version

    def _take_extinf(self, number: int, line: str) -> None:
        told = _EXTINF.match(line)
        if told is None:
            self.tell("duration_missing", f"line {number}")
            self._extinf, self._clock = 0.0, None
            return
        self._extinf = float(told[1] + (told[2] or ""))
        self._longest = max(self._longest, (self._extinf, number))
        if told[2]:
            self._need(3, "a duration with a fraction")
        else:
            self._leeway += _ROUNDING

    def _take_target(self, number: int, line: str) -> None:
        told = line.partition(":")[2].strip()
        if re.fullmatch(r"[0-9]{1,20}", told):
            self._target = int(told)
        else:
            self.tell("attribute", f"line {number}: EXT-X-TARGETDURATION is not a whole number of seconds")

    def _take_byte_range(self, number: int, line: str) -> None:
        self._need(4, "EXT-X-BYTERANGE")
        if not _RANGE.fullmatch(line):
            self.tell("attribute", f"line {number}: EXT-X-BYTERANGE is not a length and an offset")

    def _take_discontinuity(self, number: int, line: str) -> None:
        self._clock = None

    def _take_date(self, number: int, line: str) -> None:
        told = _date(line.partition(":")[2])
        if told is None:
            self.tell("attribute", f"line {number}: EXT-X-PROGRAM-DATE-TIME is not a date and time")
            return
        if self._clock is not None and abs(told - self._clock) > self._leeway:
            self.tell("date_jumps", f"line {number}: by {told - self._clock:+.2f} s")
        self._clock, self._leeway = told, _CLOCK

    def _attributes(self, number: int, tag: str, line: str) -> None:
        pairs = attribute_list(line)
        given = dict(pairs)
        for name in _REQUIRED.get(tag, ()):
            if name not in given:
                self.tell("attribute", f"line {number}: {tag[1:]} without {name}")
        if len(given) != len(pairs):
            self.tell("attribute", f"line {number}: {tag[1:]} with the same attribute twice")
        look = _LOOKS.get(tag)
        if look is not None:
            look(self, number, given)

    def _look_at_key(self, number: int, given: dict[str, str]) -> None:
        if (given.get("METHOD") == "NONE") == ("URI" in given):
            self.tell("attribute", f"line {number}: EXT-X-KEY with METHOD={given.get('METHOD', '')[:40]} and its URI")
        if "IV" in given:
            self._need(2, "an IV")
        if "KEYFORMAT" in given or "KEYFORMATVERSIONS" in given:
            self._need(5, "KEYFORMAT")

    def _look_at_part(self, number: int, given: dict[str, str]) -> None:
        self._longest_part = max(self._longest_part, (_number(given.get("DURATION")) or 0.0, number))

    def _look_at_part_inf(self, number: int, given: dict[str, str]) -> None:
        self._part_target = _number(given.get("PART-TARGET"))

    def _look_at_date_range(self, number: int, given: dict[str, str]) -> None:
        begin, end = _date(given.get("START-DATE", "")), _date(given.get("END-DATE", ""))
        name = redact(given.get("ID", ""))[:60]
        lasts = _number(given.get("DURATION"))
        if begin is not None and end is not None and end < begin:
            self.tell("date_range", f"line {number}: {name!r} ends before it begins")
        elif begin is not None and end is not None and lasts is not None and abs(end - begin - lasts) > _CLOCK:
            self.tell("date_range", f"line {number}: {name!r} lasts {lasts:g} s, and ends after {end - begin:g} s")
        elif lasts is not None and lasts < 0:
            self.tell("date_range", f"line {number}: {name!r} lasts {lasts:g} s")
        if given.get("END-ON-NEXT") == "YES" and ("CLASS" not in given or {"DURATION", "END-DATE"} & given.keys()):
            self.tell("date_range", f"line {number}: {name!r} ends with the next of its class, and otherwise")

    def _look_at_media(self, number: int, given: dict[str, str]) -> None:
        kind, group = given.get("TYPE", ""), given.get("GROUP-ID", "")
        self._groups.add((kind, group))
        self._named[kind, group, given.get("NAME", "")] += 1
        if kind == "SUBTITLES" and "URI" not in given:
            self.tell("attribute", f"line {number}: subtitles without URI")
        if kind == "CLOSED-CAPTIONS" and ("URI" in given or "INSTREAM-ID" not in given):
            self.tell("attribute", f"line {number}: closed captions have INSTREAM-ID and no URI")

    def _look_at_variant(self, number: int, given: dict[str, str]) -> None:
        self._is_rendition = True
        if "BANDWIDTH" not in given:
            self.tell("bandwidth_missing", f"line {number}")
        if "CODECS" not in given:
            self.tell("codecs_missing", f"line {number}")
        for kind in ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"):
            if given.get(kind, "NONE") != "NONE":
                self._wanted.append((number, kind, given[kind]))


_TAKES: dict[str, Callable[[_Copy, int, str], None]] = {
    "#EXTINF": _Copy._take_extinf,
    "#EXT-X-VERSION": _Copy._take_version,
    "#EXT-X-TARGETDURATION": _Copy._take_target,
    "#EXT-X-DISCONTINUITY": _Copy._take_discontinuity,
    "#EXT-X-PROGRAM-DATE-TIME": _Copy._take_date,
    "#EXT-X-BYTERANGE": _Copy._take_byte_range,
    "#EXT-X-I-FRAMES-ONLY": lambda copy, number, line: copy._need(4, "EXT-X-I-FRAMES-ONLY"),
    "#EXT-X-DEFINE": lambda copy, number, line: copy._need(8, "EXT-X-DEFINE"),
}
_LOOKS: dict[str, Callable[[_Copy, int, dict[str, str]], None]] = {
    "#EXT-X-KEY": _Copy._look_at_key,
    "#EXT-X-MAP": lambda copy, number, given: copy._need(5, "EXT-X-MAP"),
    "#EXT-X-SKIP": lambda copy, number, given: copy._need(9, "EXT-X-SKIP"),
    "#EXT-X-PART": _Copy._look_at_part,
    "#EXT-X-PART-INF": _Copy._look_at_part_inf,
    "#EXT-X-SERVER-CONTROL": lambda copy, number, given: copy._control.update(given),
    "#EXT-X-DATERANGE": _Copy._look_at_date_range,
    "#EXT-X-MEDIA": _Copy._look_at_media,
    "#EXT-X-STREAM-INF": _Copy._look_at_variant,
}


def _number(text: str | None) -> float | None:
    try:
        told = float(text or "")
    except ValueError:
        return None
    return told if isfinite(told) else None


def _date(text: str) -> float | None:
    """Seconds since 1970; None where it is no date and time."""
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
