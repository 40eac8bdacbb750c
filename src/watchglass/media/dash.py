"""DASH: a manifest and the segments that it names become items.

A representation becomes what a rendition of HLS is, a list of segments (``MediaPlaylist``), so that fetching, retrying
and decoding are those of every stream of segments (``segmented.py``). What is peculiar to DASH is here: a live manifest
is loaded again only when it may have changed, and in between the clock says which segments are there.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from watchglass.media import sidx
from watchglass.media.closed_captions import track
from watchglass.media.content_keys import ContentKeys
from watchglass.media.dash_choice import Chosen, chosen
from watchglass.media.dash_manifest import Copy, Manifest
from watchglass.media.dash_numbering import Numbered, Numbering
from watchglass.media.dash_origin import DashOrigin
from watchglass.media.dash_protection import refusal
from watchglass.media.decode import Converter, DecodeOptions
from watchglass.media.hls_choice import HlsOptions
from watchglass.media.hls_schedule import Clock
from watchglass.media.ladder_watch import Rung
from watchglass.media.mpd import Addressing, Period, Representation
from watchglass.media.mpd_segments import Slot, available_sooner, bases_of, joined, slots, timeline_end, usual_duration
from watchglass.media.playlist import MOST_SEGMENTS, InitSection, MediaPlaylist, Segment
from watchglass.media.playlist_parts import Ask
from watchglass.media.segment_events import Listing
from watchglass.media.segment_origin import Place, SegmentOrigin
from watchglass.media.segmented import SegmentedSource
from watchglass.media.timeline import Timeline
from watchglass.model.errors import PlaylistError
from watchglass.model.media import Track
from watchglass.net.http import ByteRange, HttpClient

_WINDOW = 120
"""Segments that a live listing goes back at most."""
_USUAL = 2.0
"""Seconds of a segment, where nothing says it yet."""
_REGULAR = 1.1
"""Of the usual duration: sound is cut where its blocks end, and so now sooner, now later."""
_SLACK = 2.0
"""Seconds that a clock may be wrong which nobody has told us."""
_PATIENCE = 2.0
"""Seconds, and as many as it lasts, that a segment may be late by the clock before it is missing."""


class DashSource(SegmentedSource):
    """A DASH stream, on demand or live.

    Args:
        place: The manifest: a URL, or a local file (which is watched as it is, never as a live one).
        client: As for every ``SegmentedSource``; it is closed with the source.
        options: What to watch of it.
        decode: What to decode of that, and how.
        clock: For live streams.

    Raises:
        WatchglassError: As every ``SegmentedSource`` does.
    """

    def __init__(
        self,
        place: Place,
        *,
        client: HttpClient,
        options: HlsOptions = HlsOptions(),  # noqa: B008 (a constant)
        decode: DecodeOptions = DecodeOptions(),  # noqa: B008 (a constant)
        clock: Clock | None = None,
    ) -> None:
        def directory(_: SegmentOrigin, clock: Clock) -> _Directory:
            return _Directory(Manifest(place, DashOrigin(place, client, decode.keys), clock), options, decode.keys)

        super().__init__(place, directory, client=client, options=options, decode=decode, clock=clock)


class _Directory:
    """Knows the manifest, and which representation of each period is watched under which label."""

    def __init__(self, manifest: Manifest, options: HlsOptions, keys: ContentKeys) -> None:
        self.manifest = manifest
        self.origin: SegmentOrigin = manifest.origin
        self._options = options
        copy = manifest.latest
        periods = [(period, chosen(period, options)) for period in copy.mpd.periods]
        offered = [(period, choice) for period, choice in periods if choice is not None]
        if not offered:
            raise PlaylistError(f"{copy.place}: offers neither a picture nor sound")
        # Live, what is offered now counts; on demand, what is offered first.
        joined_at = [one for one in offered if one[0].start <= self._presentation_time(copy)] or offered
        _, self._choice = joined_at[-1] if copy.mpd.is_dynamic else offered[0]
        locked = {label: refusal(one.protections, keys) for label, one in self._choice.representations.items()}
        if locked["video"]:
            raise PlaylistError(f"{copy.place}: its segments are {locked['video']}")
        self.places: Mapping[str, Place] = {label: copy.place for label, why in locked.items() if not why}
        notes = [*self._choice.left_out, *copy.mpd.notes, *manifest.clock.notes, *self._elsewhere(offered)]
        notes += [f"{label} is {why}" for label, why in locked.items() if why]
        self.left_out = tuple(dict.fromkeys(notes))
        self.texts: Mapping[str, Track] = {
            label: track for label, track in self._choice.texts.items() if label in self.places
        }
        self.aside = manifest.origin.aside

    def rungs(self) -> Sequence[Rung]:
        """None: the representations of a set are aligned by what one manifest says of all of them."""
        return ()

    def listings(self) -> Sequence[tuple[str, Listing]]:
        """A label and a listing for each rendition, the picture first."""
        return [(label, _Listing(self, label)) for label in self.places]

    def converter(self, label: str, decode: DecodeOptions, timeline: Timeline) -> Converter:
        """The converter of a rendition; its sound is numbered as it is chosen."""
        if label in self._choice.numbers:
            return Converter(replace(decode, audio="all"), timeline, first_audio=self._choice.numbers[label])
        decode = replace(decode, audio=self._choice.own_sound)
        announced = [track(one.service or "", one.language) for one in self._choice.announced]
        return Converter(decode, timeline, first_captions=len(self.texts), announced=announced)

    def representation(self, period: Period, label: str) -> Representation | None:
        """What is watched under a label in a period, if it is there."""
        choice = chosen(period, self._options)
        return None if choice is None else choice.representations.get(label)

    def _presentation_time(self, copy: Copy) -> float:
        return self.manifest.clock.utc() - copy.mpd.availability_start

    def _elsewhere(self, offered: Sequence[tuple[Period, Chosen]]) -> list[str]:
        """What other periods lack, or have besides."""
        ours, notes = set(self._choice.representations), []
        for period, choice in offered:
            theirs = set(choice.representations)
            if theirs != ours:
                name = f"the period at {period.start:.2f} s"
                notes += [f"{label} is not in {name}" for label in sorted(ours - theirs)]
                notes += [f"{label}, which only {name} has" for label in sorted(theirs - ours)]
        return notes


class _Listing:
    """The segments of one rendition through all periods."""

    def __init__(self, directory: _Directory, label: str) -> None:
        self._directory = directory
        self._manifest = directory.manifest
        self._label = label
        self._numbering = Numbering()
        self._target = _USUAL
        first = directory.manifest.latest.mpd
        self._is_live = first.is_dynamic
        self._zero = first.availability_start if first.is_dynamic else 0.0
        """UTC at which the presentation began, as the first copy said."""
        self._indexes: dict[tuple[str, ByteRange], list[sidx.Subsegment]] = {}
        """Those that the present copy names, by file and range."""
        self._before = self._indexes
        """Those of the copy before."""

    def load(self, ask: Ask | None = None) -> tuple[Place, MediaPlaylist]:
        """The segments that are there now, and the place that their references are relative to."""
        copy = self._manifest.current(self._target / 2)
        mpd = copy.mpd
        found = []
        self._before, self._indexes = self._indexes, {}
        for index, period in enumerate(mpd.periods):
            one = self._directory.representation(period, self._label)
            if one is not None:
                found += self._of_period(copy, index, period, one)
            if len(found) > MOST_SEGMENTS or sum(map(len, self._indexes.values())) > MOST_SEGMENTS:
                raise PlaylistError(f"{copy.place}: lists more than {MOST_SEGMENTS} segments, not read")
        listed = self._numbered(copy, found)
        self._target = _target([segment.duration for segment in listed]) or self._target
        return copy.place, MediaPlaylist(
            self._target,
            tuple(listed),
            self._has_ended(copy),
            of="dash",
            update_period=mpd.minimum_update_period or 0.0,
        )

    def refresh(self) -> None:
        """Ask the first address again."""
        self._manifest.refresh()

    def _of_period(self, copy: Copy, index: int, period: Period, one: Representation) -> list[tuple[Slot, Segment]]:
        """The segments of a period, numbered by the manifest."""
        told = one.addressing
        bases = bases_of(one)
        base = bases[0]
        self._manifest.origin.know(copy.place, bases)
        found = self._indexed(copy, period, one, base) if told and told.index_range else None
        if found is None:
            after, until = self._window(copy, period, one)
            found = slots(period, one, base, after=after, until=until, name=str(copy.place))
        begins = self._begins(copy)
        offset = begins - self._zero + period.start
        if told is not None:
            offset -= told.presentation_offset / told.timescale
        init = _init(one, told, base)
        return [
            (
                slot,
                Segment(
                    uri=slot.reference,
                    sequence=slot.number,
                    duration=slot.duration,
                    discontinuity=index,
                    byte_range=slot.byte_range,
                    init=init,
                    offset=offset,
                    program_date_time=begins + slot.start if self._is_live else None,
                    utc=begins + slot.start if self._is_live else None,
                    due_by=self._due(begins + slot.end, slot.duration) if self._is_live else None,
                ),
            )
            for slot in found
        ]

    def _begins(self, copy: Copy) -> float:
        """UTC at which the presentation begins; of one that was live and has ended, it may no longer be told."""
        return (copy.mpd.availability_start or self._zero) if self._is_live else 0.0

    def _window(self, copy: Copy, period: Period, one: Representation) -> tuple[float, float]:
        """Between which moments of the presentation segments end that are there now."""
        mpd, clock = copy.mpd, self._manifest.clock
        is_over = self._has_ended(copy) and mpd.time_shift_depth is None
        if not mpd.is_dynamic or is_over or isinstance(copy.place, Path):
            return float("-inf"), float("inf")
        now = clock.utc() - mpd.availability_start
        is_listed = one.addressing is not None and one.addressing.timeline is not None
        lasts = usual_duration(one) or self._target
        # What is there long before its time is not played before it, and so not watched before it.
        until = now + min(available_sooner(one), lasts) + (_SLACK if is_listed and not clock.is_told else 0.0)
        if is_listed:  # what is listed is there, wherever it lies by the clock
            return min(now, timeline_end(period, one)) - _WINDOW * lasts, until
        depth = _WINDOW * lasts if mpd.time_shift_depth is None else mpd.time_shift_depth
        # Of a window that is shorter than a segment, the latest ones are still there.
        return now - max(min(depth, _WINDOW * lasts), 3 * lasts), until

    def _due(self, ends: float, duration: float) -> float:
        """UTC of our clock until which it is no wonder if a segment is not there."""
        return ends - self._manifest.clock.skew + duration + _PATIENCE

    def _indexed(self, copy: Copy, period: Period, one: Representation, base: str) -> list[Slot]:
        """The segments of a file with an index, which is fetched once as long as copies name it."""
        told = one.addressing
        assert told is not None
        assert told.index_range is not None
        key = base, told.index_range
        if key not in self._indexes:
            known = self._before.get(key)
            self._indexes[key] = self._fetched(copy, base, told.index_range) if known is None else known
        shift = period.start - told.presentation_offset / told.timescale
        pieces = self._indexes[key]
        first = bisect_right(pieces, period.start, key=lambda piece: shift + piece.start + piece.duration)
        last = bisect_left(pieces, period.end, key=lambda piece: shift + piece.start)
        return [
            Slot(base, number, shift + piece.start, piece.duration, piece.byte_range)
            for number, piece in enumerate(pieces[first:last], start=first + 1)
        ]

    def _fetched(self, copy: Copy, base: str, index_range: ByteRange) -> list[sidx.Subsegment]:
        """What an index names."""
        place = self._manifest.origin.place(copy.place, base)
        if (index_range.length or 0) > sidx.MOST_BYTES:
            raise PlaylistError(f"{place}: an index of more than {sidx.MOST_BYTES / 1e6:g} MB is not read")
        data = b"".join(self._manifest.origin.chunks(place, index_range))
        return sidx.parse(data, index_range.offset, str(place))

    def _numbered(self, copy: Copy, found: Sequence[tuple[Slot, Segment]]) -> list[Segment]:
        """The segments with numbers that go on over periods and copies."""
        mpd = copy.mpd
        epochs = [(period.id or period.start, self._begins(copy)) for period in mpd.periods]
        places = [
            Numbered(slot.start if one.utc is None else one.utc, slot.duration, epochs[one.discontinuity])
            for slot, one in found
        ]
        first = found[0][0].number if found else 0
        # A presentation that has ended begins nothing anew, whatever its last copy leaves out.
        numbered = self._numbering.number(places, first, mpd.publish_time if mpd.is_dynamic else None)
        return [
            replace(
                segment,
                sequence=one.sequence,
                discontinuity=one.discontinuity,
                is_discontinuity=one.is_discontinuity,
            )
            for (_, segment), one in zip(found, numbered, strict=True)
            if one is not None
        ]

    def _has_ended(self, copy: Copy) -> bool:
        mpd = copy.mpd
        if not mpd.is_dynamic:
            return True
        end = mpd.availability_start + mpd.periods[-1].end
        return mpd.minimum_update_period is None and self._manifest.clock.utc() >= end


def _target(durations: Sequence[float]) -> float:
    """Seconds within which a segment is to be expected: what they usually last, unless they differ."""
    usual, longest = median(durations or [0.0]), max(durations, default=0.0)
    return usual if longest <= _REGULAR * usual else longest


def _init(one: Representation, told: Addressing | None, base: str) -> InitSection | None:
    """What a demuxer must read first."""
    container = "matroska" if one.mime_type.endswith("/webm") else "mp4"
    if told is None:
        return None
    if told.initialization is not None:
        reference = joined(base, one.reference(told.initialization)) if told.initialization else base
        return InitSection(reference, told.initialization_range, container=container)
    if told.index_range is not None and told.index_range.offset:
        return InitSection(base, ByteRange(0, told.index_range.offset), container=container)
    return None
