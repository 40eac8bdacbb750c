"""Choosing from the ring what a clip shows: packets of one coding for each track, from a key frame on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from watchglass.media.coded_form import CodedForm
from watchglass.media.ring import Chunk, Coded, PacketRing, Stretch
from watchglass.media.timeline import in_seconds

_SLACK = 1e-6
"""Seconds."""
_APART = 0.5
"""Seconds that are not worth a word: streams begin with some."""


@dataclass(frozen=True, slots=True)
class ExcerptTrack:
    """What of a track is shown, in ticks of its form's time base from the beginning of the excerpt on."""

    id: str
    form: CodedForm
    packets: Sequence[Coded]

    @property
    def time_base(self) -> Fraction:
        """Seconds of a tick."""
        return self.form.time_base

    def seconds(self, ticks: int) -> float:
        """From the beginning of the excerpt."""
        return in_seconds(ticks, self.form.time_base)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some seconds of a stream, the picture first."""

    start: float
    """Seconds on the timeline at which it begins."""
    tracks: tuple[ExcerptTrack, ...]
    left_out: tuple[str, ...]
    """What was asked for and is not in it, in words."""

    @property
    def duration(self) -> float:
        """Seconds to the end of the last packet."""
        return max((max(t.seconds(p.pts + p.duration) for p in t.packets) for t in self.tracks), default=0.0)


@dataclass(slots=True)
class _Part:
    """Chunks in a row that one track of a file can hold."""

    chunks: list[Chunk]

    @property
    def begin(self) -> float:
        return self.chunks[0].pts

    @property
    def end(self) -> float:
        return max(chunk.until for chunk in self.chunks)

    def within(self, start: float, stop: float) -> float:
        """Seconds of it that lie between two times."""
        return min(self.end, stop) - max(self.begin, start)


def excerpt(ring: PacketRing, start: float, stop: float, moment: float | None = None) -> Excerpt:
    """Choose what there is between two times.

    Args:
        ring: Where it is kept.
        start: Seconds on the timeline; a picture begins with the key frame at or before it.
        stop: Seconds on the timeline.
        moment: Seconds on the timeline of what must be seen, where the stream's coding changes meanwhile; the longest
            part is chosen where not given.
    """
    pictures, sounds = dict[str, _Part](), dict[str, _Part]()
    left_out: list[str] = []
    for track, chunks in sorted(ring.chunks().items()):
        part, others = _chosen(_parts(chunks), start, stop, moment)
        if part is None:
            continue
        (pictures if part.chunks[0].stretch.form.kind == "video" else sounds)[track] = part
        left_out += (f"{track} from {_span(each, start, stop)}: it is coded in another way there" for each in others)
    tracks: list[ExcerptTrack] = []
    begin: float | None = None
    for track, part in pictures.items():
        packets = _from_key(part, start, stop)
        if not packets:
            continue
        begin = packets[0][0].seconds(packets[0][1].pts)
        if begin > max(start, 0.0) + _APART:
            left_out.append(f"{track} before {begin:.2f} s: there is no key frame to begin with")
        tracks.append(_placed(track, part, packets, begin))
    for track, part in sounds.items():
        heard = _between(part, start if begin is None else begin, stop)
        if heard:
            begin = heard[0][0].seconds(heard[0][1].pts) if begin is None else begin
            tracks.append(_placed(track, part, _without_overlaps(heard), begin))
    left_out += _missing(tracks, begin, stop)
    return Excerpt(start if begin is None else begin, tuple(tracks), tuple(left_out))


def _parts(chunks: Iterable[Chunk]) -> list[_Part]:
    parts: list[_Part] = []
    for chunk in chunks:
        if parts and parts[-1].chunks[-1].stretch.form.is_as(chunk.stretch.form):
            parts[-1].chunks.append(chunk)
        else:
            parts.append(_Part([chunk]))
    return parts


def _chosen(parts: list[_Part], start: float, stop: float, moment: float | None) -> tuple[_Part | None, list[_Part]]:
    """The part that holds a moment, or the longest; and those that are not in the excerpt because of it."""
    near = [part for part in parts if part.within(start, stop) > _SLACK]
    if not near:
        return None, []
    holds = [part for part in near if moment is not None and part.begin - _SLACK <= moment < part.end]
    best = max(holds or near, key=lambda part: part.within(start, stop))
    return best, [part for part in near if part is not best]


def _from_key(part: _Part, start: float, stop: float) -> list[tuple[Stretch, Coded]]:
    """Pictures from the key frame at or before a time on, else from the first one, else from the first picture."""
    keys = [number for number, chunk in enumerate(part.chunks) if chunk.begins_with_key]
    before = [number for number in keys if part.chunks[number].pts <= start + _SLACK]
    first = before[-1] if before else keys[0] if keys else 0
    packets: list[tuple[Stretch, Coded]] = []
    latest = start
    for chunk in part.chunks[first:]:
        for packet in chunk.packets:
            shown = chunk.stretch.seconds(packet.pts)
            if packets and chunk.stretch.seconds(packet.dts) >= stop and shown > latest:
                return packets  # whatever is shown before what is here already has come, too
            # Also what is shown before the first key frame, and players leave out: others may refer to it.
            packets.append((chunk.stretch, packet))
            latest = max(latest, shown)
    return packets


def _between(part: _Part, start: float, stop: float) -> list[tuple[Stretch, Coded]]:
    return [
        (chunk.stretch, packet)
        for chunk in part.chunks
        for packet in chunk.packets
        if start - _SLACK <= chunk.stretch.seconds(packet.pts) < stop
    ]


def _without_overlaps(packets: list[tuple[Stretch, Coded]]) -> list[tuple[Stretch, Coded]]:
    """Sound that goes forward: where a clock steps back, what would be heard twice is left out."""
    kept: list[tuple[Stretch, Coded]] = []
    end = float("-inf")
    for stretch, packet in packets:
        begin, lasts = stretch.seconds(packet.pts), in_seconds(packet.duration, stretch.time_base)
        if begin > end - 0.5 * lasts - _SLACK:
            kept.append((stretch, packet))
            end = begin + lasts
    return kept


def _placed(track: str, part: _Part, packets: list[tuple[Stretch, Coded]], begin: float) -> ExcerptTrack:
    """Ticks from the beginning on. Of one clock all move by the same, so that none is rounded against another."""
    form = part.chunks[0].stretch.form
    per_second = 1 / form.time_base
    moves: dict[int, int] = {}
    moved: list[Coded] = []
    for stretch, packet in packets:
        move = moves.setdefault(id(stretch.place), round((stretch.place.shift - begin) * per_second))
        scale = stretch.time_base / form.time_base
        if scale != 1:
            pts, dts, lasts = (round(ticks * scale) for ticks in (packet.pts, packet.dts, packet.duration))
            packet = packet._replace(pts=pts, dts=dts, duration=lasts)
        moved.append(packet._replace(pts=packet.pts + move, dts=packet.dts + move))
    # A muxer wants decoding times that grow, and are not after what is shown; nobody sees them.
    latest: int | None = None
    for number in range(len(moved) - 1, -1, -1):
        packet = moved[number]
        dts = min(packet.dts, packet.pts, packet.dts if latest is None else latest - 1)
        latest = dts
        if dts != packet.dts:
            moved[number] = packet._replace(dts=dts)
    return ExcerptTrack(track, form, moved)


def _missing(tracks: Iterable[ExcerptTrack], begin: float | None, stop: float) -> Iterable[str]:
    if begin is None:
        yield "there is nothing of these seconds any more, or not yet"
        return
    for track in tracks:
        end = begin + max(track.seconds(packet.pts + packet.duration) for packet in track.packets)
        if end < stop - _APART:
            yield f"{track.id} after {end:.2f} s: that is as far as it had come"


def _span(part: _Part, start: float, stop: float) -> str:
    return f"{max(part.begin, start):.2f} to {min(part.end, stop):.2f} s"
