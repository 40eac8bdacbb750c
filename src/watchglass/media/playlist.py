"""HLS playlists, read with suspicion (RFC 8216, draft-pantos-hls-rfc8216bis).

The tags are taken apart by the ``m3u8`` package, which never sees a network; what they mean, and what may not be
followed, is decided here. References stay as they were written until they are fetched, when whoever fetches resolves
them and asks the guard.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import m3u8

from watchglass.media.crypt import Key
from watchglass.media.multivariant import MultivariantPlaylist, multivariant
from watchglass.media.playlist_check import broken
from watchglass.media.playlist_parts import Part, PartReader, ServerControl, attributes, byte_range
from watchglass.media.playlist_splices import Mark, Span, SpliceReader
from watchglass.media.playlist_variables import substituted
from watchglass.model.errors import PlaylistError
from watchglass.model.transport import RuleBreak
from watchglass.net.address import redact
from watchglass.net.http import ByteRange

MOST_BYTES = 5_000_000
"""Size of a playlist, decoded, that is still read."""
MOST_SEGMENTS = 100_000
_LARGEST_IMPLIED = 1 << 20
"""Bytes before the first I-frame of a resource that are taken for its init section."""

_DURATION = re.compile(r"#EXTINF:\s*(\d{1,6}(?:\.\d{1,12})?)(?!\d)")
_WHOLE = re.compile(r":\s*(\d{1,18})")
_UNDERSTOOD_BY_M3U8 = (
    "#EXTM3U", "#EXT-X-BYTERANGE", "#EXT-X-DISCONTINUITY", "#EXT-X-ENDLIST", "#EXT-X-GAP", "#EXT-X-STREAM-INF",
    "#EXT-X-MEDIA:", "#EXT-X-I-FRAMES-ONLY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InitSection:
    """What a demuxer must read before the segments (``EXT-X-MAP``)."""

    uri: str
    byte_range: ByteRange | None = None
    key: Key | None = None
    container: str = "mp4"
    """FFmpeg's name of it."""
    is_implied: bool = False
    """True if the playlist does not name it: what stands before the first I-frame of a resource."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a rendition."""

    uri: str
    sequence: int
    duration: float
    """Seconds, as declared."""
    discontinuity: int
    """Discontinuity sequence number: segments with the same one share a clock."""
    is_discontinuity: bool = False
    """True if the playlist announces a break right before it."""
    byte_range: ByteRange | None = None
    is_gap: bool = False
    key: Key | None = None
    init: InitSection | None = None
    program_date_time: float | None = None
    """UTC in seconds since 1970 of its first sample, where the playlist says so itself."""
    utc: float | None = None
    """The same, reckoned on from the last one that the playlist says."""
    offset: float | None = None
    """Seconds from its own clock to that of the whole presentation, where the manifest tells (DASH)."""
    due_by: float | None = None
    """UTC up to which it may be missing and is only late: where a clock, and not a list, says that it is there."""
    parts: tuple[Part, ...] = ()
    """What it is made of, where that is listed."""
    is_growing: bool = False
    """True while only parts of it are there."""
    is_i_frame: bool = False
    """True if it is one picture, which stands until the next one comes (``EXT-X-I-FRAMES-ONLY``)."""
    splices: tuple[Mark, ...] = ()
    """Where the programme is left or gone on with."""


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """The segments of one rendition."""

    target_duration: float
    """Seconds."""
    segments: tuple[Segment, ...]
    is_ended: bool
    """True if nothing will be added."""
    of: Literal["hls", "dash"] = "hls"
    """What it was read from."""
    update_period: float = 0.0
    """Seconds for which nothing is added, as it says itself (DASH), where that is more than the target duration."""
    kind: str = ""
    """``EVENT`` or ``VOD`` where it says so (``EXT-X-PLAYLIST-TYPE``)."""
    breaks: tuple[RuleBreak, ...] = ()
    """Rules that this copy breaks by itself."""
    growing: Segment | None = None
    """The one after the last, of which only parts are there; its duration is a guess."""
    server: ServerControl = ServerControl()  # noqa: RUF009 (a constant)
    skipped: int = 0
    """Segments before the first that this copy leaves out (``EXT-X-SKIP``)."""
    is_i_frames_only: bool = False
    """True if it holds nothing but single pictures."""

    @property
    def duration(self) -> float:
        """Seconds, as declared."""
        return sum(segment.duration for segment in self.segments)


Playlist = MediaPlaylist | MultivariantPlaylist


def parse(
    text: str, name: str, *, query: Mapping[str, str] | None = None, variables: Mapping[str, str] | None = None
) -> Playlist:
    """Read a playlist.

    Args:
        text: All of it.
        name: What to call it in messages (secrets removed).
        query: Parameters of its URL, for variables that are taken from there.
        variables: Those of the multivariant playlist that led here.

    Raises:
        PlaylistError: If it is not a playlist, or one that cannot be followed.
    """
    _expect_playlist(text, name)
    defined = dict(variables or {})
    if "#EXT-X-DEFINE" in text or "{$" in text:
        text, defined = substituted(text, name, query or {}, defined, MOST_BYTES)
    reader = _Reader(name)
    try:
        # The parser is handed a text, so that nothing is opened on its own.
        data = m3u8.parse(text, custom_tags_parser=reader)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise PlaylistError(
            f"{name}: line {reader.line_number} or after it is not understood ({redact(repr(error))[:200]})"
        ) from error
    if data["playlists"] or reader.i_frames:
        return replace(multivariant(data, reader.i_frames, defined), breaks=broken(text))
    return replace(_media(data, reader, name), breaks=broken(text))


def _expect_playlist(text: str, name: str) -> None:
    if len(text) > MOST_BYTES:
        raise PlaylistError(f"{name}: a playlist of more than {MOST_BYTES / 1e6:g} MB is not read")
    if text.count("#EXTINF") > MOST_SEGMENTS:
        raise PlaylistError(f"{name}: lists more than {MOST_SEGMENTS} segments, not read")
    head = text.lstrip("\ufeff \t\r\n")
    if head.startswith("#EXTM3U"):
        return
    if not head:
        raise PlaylistError(f"{name}: is empty, not a playlist")
    if head.startswith("<") or "<html" in head[:1_000].lower():
        kind = "a DASH manifest" if "<MPD" in head[:2_000] else "a web page"
        raise PlaylistError(f"{name}: is {kind}, not a playlist")
    raise PlaylistError(f"{name}: is not a playlist (it does not begin with #EXTM3U)")


class _Reader:
    """Takes the tags for itself that ``m3u8`` reads too trustingly, or not at all.

    A tag belongs to the next segment; keys and init sections hold on for those after it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.line_number = 0
        self.target_duration: float | None = None
        self.first_sequence = 0
        self.first_discontinuity = 0
        self.playlist_type = ""
        self.skipped = 0
        self.parts = PartReader(name)
        self.splices = SpliceReader()
        self.i_frames: list[dict[str, str]] = []
        self._keys: dict[str, Key] = {}
        self._init: InitSection | None = None

    def __call__(self, line: str, number: int, data: object, state: dict[str, Any]) -> bool:
        """Read a line that begins with ``#``; True if ``m3u8`` shall not."""
        self.line_number = number
        take = _TAGS.get(line.partition(":")[0])
        if take is not None:
            take(self, line, state)
            return True
        return not line.startswith(_UNDERSTOOD_BY_M3U8)

    def _extinf(self, line: str, state: dict[str, Any]) -> None:
        told = _DURATION.match(line)
        segment = state.setdefault("segment", {})
        segment["duration"] = float(told[1]) if told else None
        segment["key"], segment["init"] = self._key_in_force(), self._init
        state["expect_segment"] = True

    def _key(self, line: str, state: dict[str, Any]) -> None:
        given = attributes(line)
        method, keyformat = given.get("METHOD", ""), given.get("KEYFORMAT", "identity")
        if method == "NONE":
            self._keys.clear()
        else:
            iv = given.get("IV")
            if iv is not None and not re.fullmatch(r"0[xX][0-9a-fA-F]{1,32}", iv):
                raise PlaylistError(f"{self.name}: line {self.line_number}: the IV of a key is not 128 bits in hex")
            self._keys[keyformat] = Key(
                method,
                given.get("URI", ""),
                int(iv, 16).to_bytes(16, "big") if iv else None,
                keyformat,
                given.get("KEYID", "").lower().removeprefix("0x").replace("-", ""),
            )
        if "duration" in state.get("segment", {}):  # between EXTINF and the segment's own line
            state["segment"]["key"] = self._key_in_force()

    def _key_in_force(self) -> Key | None:
        return self._keys.get("identity") or next(iter(self._keys.values()), None)

    def _map(self, line: str, state: dict[str, Any]) -> None:
        given = attributes(line)
        if not given.get("URI"):
            raise PlaylistError(f"{self.name}: line {self.line_number}: EXT-X-MAP names no init section")
        extent = byte_range(given.get("BYTERANGE"), 0, self.name)
        self._init = InitSection(given["URI"], extent, self._key_in_force())
        if "duration" in state.get("segment", {}):
            state["segment"]["init"] = self._init

    def _program_date_time(self, line: str, state: dict[str, Any]) -> None:
        try:
            when = datetime.fromisoformat(line.partition(":")[2].strip())
        except ValueError:
            return  # the clock is a convenience; a wrong one is no reason not to watch
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        state.setdefault("segment", {})["pdt"] = when.timestamp()

    def _target_duration(self, line: str, state: dict[str, Any]) -> None:
        told = re.search(r":\s*(\d{1,6}(?:\.\d+)?)\s*$", line)
        if told and float(told[1]) > 0:
            self.target_duration = float(told[1])

    def _media_sequence(self, line: str, state: dict[str, Any]) -> None:
        self.first_sequence = _whole(line)

    def _discontinuity_sequence(self, line: str, state: dict[str, Any]) -> None:
        self.first_discontinuity = _whole(line)

    def _playlist_type(self, line: str, state: dict[str, Any]) -> None:
        told = line.partition(":")[2].strip().upper()
        self.playlist_type = told if told in ("EVENT", "VOD") else ""

    def _skip(self, line: str, state: dict[str, Any]) -> None:
        told = attributes(line).get("SKIPPED-SEGMENTS", "0")
        self.skipped = int(told) if re.fullmatch(r"\d{1,9}", told) else 0

    def _part(self, line: str, state: dict[str, Any]) -> None:
        part = self.parts.part(line)
        if part is not None:
            segment = state.setdefault("segment", {})
            segment.setdefault("parts", []).append(part)
            segment["key"], segment["init"] = self._key_in_force(), self._init

    def _cue(self, line: str, state: dict[str, Any]) -> None:
        mark = self.splices.cue(line)
        if mark is not None:
            state.setdefault("segment", {}).setdefault("splices", []).append(mark)

    def _i_frame_stream(self, line: str, state: dict[str, Any]) -> None:
        given = attributes(line)
        if given.get("URI"):
            self.i_frames.append(given)


_TAGS: dict[str, Callable[[_Reader, str, dict[str, Any]], None]] = {
    "#EXTINF": _Reader._extinf,
    "#EXT-X-KEY": _Reader._key,
    "#EXT-X-MAP": _Reader._map,
    "#EXT-X-PROGRAM-DATE-TIME": _Reader._program_date_time,
    "#EXT-X-TARGETDURATION": _Reader._target_duration,
    "#EXT-X-MEDIA-SEQUENCE": _Reader._media_sequence,
    "#EXT-X-DISCONTINUITY-SEQUENCE": _Reader._discontinuity_sequence,
    "#EXT-X-SKIP": _Reader._skip,
    "#EXT-X-PLAYLIST-TYPE": _Reader._playlist_type,
    "#EXT-X-PART": _Reader._part,
    "#EXT-X-PART-INF": lambda reader, line, state: reader.parts.information(line),
    "#EXT-X-SERVER-CONTROL": lambda reader, line, state: reader.parts.control(line),
    "#EXT-X-I-FRAME-STREAM-INF": _Reader._i_frame_stream,
    "#EXT-X-DATERANGE": lambda reader, line, state: reader.splices.date_range(line),
    "#EXT-X-CUE-OUT": _Reader._cue,
    "#EXT-X-CUE-OUT-CONT": _Reader._cue,
    "#EXT-X-CUE-IN": _Reader._cue,
}


def _media(data: Mapping[str, Any], reader: _Reader, name: str) -> MediaPlaylist:
    found = [segment for segment in data["segments"] if segment.get("uri")]
    rest = next((segment for segment in data["segments"][-1:] if not segment.get("uri") and segment.get("parts")), None)
    if not found and reader.target_duration is None:
        raise PlaylistError(f"{name}: names neither renditions nor segments")
    told = [segment["duration"] for segment in found if segment.get("duration") is not None]
    target = reader.target_duration or max(told, default=0.0) or 10.0
    segments: list[Segment] = []
    discontinuity = reader.first_discontinuity
    utc: float | None = None
    ends: dict[str, int] = {}  # where the last byte range of each resource ended
    firsts: dict[str, int] = {}  # and where the first began
    first = reader.first_sequence + reader.skipped
    for number, segment in enumerate([*found, rest] if rest else found):
        uri, duration = segment.get("uri", ""), segment.get("duration")
        breaks = bool(segment.get("discontinuity"))
        discontinuity += breaks
        extent = byte_range(segment.get("byterange"), ends.get(uri, 0), name)
        if extent is not None:
            ends[uri] = extent.offset + (extent.length or 0)
        if duration is None:
            duration = segments[-1].duration if segment is rest and segments else target
        init = segment.get("init")
        if init is None and data["is_i_frames_only"] and extent is not None:
            init = _implied(uri, firsts.setdefault(uri, extent.offset))
        told_utc = segment.get("pdt")
        utc = told_utc if told_utc is not None or breaks else utc
        segments.append(
            Segment(
                uri=uri,
                sequence=first + number,
                duration=duration,
                discontinuity=discontinuity,
                is_discontinuity=breaks,
                byte_range=extent,
                is_gap=bool(segment.get("gap_tag")),
                key=segment.get("key"),
                init=init,
                program_date_time=told_utc,
                utc=utc,
                parts=tuple(segment.get("parts", ())),
                is_growing=segment is rest,
                is_i_frame=data["is_i_frames_only"],
                splices=tuple(segment.get("splices", ())),
            )
        )
        utc = None if utc is None else utc + duration
    for number, marks in reader.splices.dated([Span(one.utc, one.duration) for one in segments]).items():
        segments[number] = replace(segments[number], splices=(*segments[number].splices, *marks))
    growing = segments.pop() if rest else None
    return MediaPlaylist(
        target,
        tuple(segments),
        data["is_endlist"],
        kind=reader.playlist_type,
        growing=growing,
        server=reader.parts.server,
        skipped=reader.skipped,
        is_i_frames_only=data["is_i_frames_only"],
    )


def _implied(uri: str, first: int) -> InitSection | None:
    """Of an I-frame that no tag names an init section for: what its resource begins with (4.4.3.6)."""
    return InitSection(uri, ByteRange(0, first), is_implied=True) if 0 < first <= _LARGEST_IMPLIED else None


def _whole(line: str) -> int:
    told = _WHOLE.search(line)
    return int(told[1]) if told else 0
