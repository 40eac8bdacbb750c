"""The converter: one container in, items out, in the order in which they were muxed."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, nullcontext
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from watchglass.media import probe
from watchglass.media.broken_sound import BrokenSound
from watchglass.media.captions import CaptionTracks
from watchglass.media.decode_options import DecodeOptions as DecodeOptions
from watchglass.media.decryption import Decryption
from watchglass.media.light import Light
from watchglass.media.opening import Readable, Remote, open_container, why
from watchglass.media.part import Part
from watchglass.media.picture_track import PictureTrack, Surroundings
from watchglass.media.ring_recorder import recorded
from watchglass.media.samples import MAX_CHANNELS, TOLERANCE, Samples
from watchglass.media.size_limit import SizeLimit
from watchglass.media.splices import Splices
from watchglass.media.timeline import Timeline, in_seconds
from watchglass.media.track_choice import TrackChoice
from watchglass.model.errors import NotMediaError, TooLargeError
from watchglass.model.media import Caption, Damage, Item, NotWatched, Progress, Seam, TimelineBreak, Track, Tracks
from watchglass.model.transport import Splice

PROGRESS = 0.25
"""Seconds of media between two ``Progress`` items."""

APPEARED_LATER = "a track that appeared later was not watched"

_INDEXED = ("mov,", "matroska", "avi")


class Converter:
    """Demuxes and decodes; called again on the same object it goes on with the next run of the same stream.

    Args:
        options: What to decode.
        timeline: Shared by all converters of a stream.
        first_audio: Number of the first audio track, where other converters have the ones before.
        first_captions: Number of the first track of subtitles, likewise.
        announced: Caption services that pictures are said to carry.
    """

    def __init__(
        self,
        options: DecodeOptions,
        timeline: Timeline,
        *,
        first_audio: int = 0,
        first_captions: int = 0,
        announced: Iterable[Track] = (),
    ) -> None:
        self._options = options
        self._timeline = timeline
        self._captions = CaptionTracks(options.captions, timeline, first_captions, announced)
        self._splices = Splices(timeline)
        self._light = None if options.attention is None else Light(options.attention)
        self._first_audio = first_audio
        self._told: tuple[Track, ...] = ()
        self._heard: dict[str, float] = {}
        """How far each sound was heard, in seconds."""
        self._refused: set[str] = set()
        self._progress = 0.0
        self.duration: float | None = None
        """Seconds of media that the container declares."""
        self.has_index = False
        """Whether it has an index, so that what it declares is no guess."""

    def items(
        self,
        file: Readable | Remote | str,
        *,
        label: str,
        format: str | None = None,
        announced_break: bool = False,
        is_outrun: bool = False,
        is_live: bool = False,
        clock: float | None = None,
        offset: float | None = None,
        probed: float | None = None,
    ) -> Iterator[Item]:
        """Demux and decode one container, or one run of segments.

        Args:
            file: Where the bytes come from: a path of a local file, something to read, or an end of ours.
            label: What to call it in messages (secrets removed).
            format: FFmpeg's name of the container, where it is known.
            announced_break: True if timestamps begin anew here.
            is_outrun: True if something was left out before it, as we were too slow.
            is_live: Told with the tracks.
            clock: Seconds of a 33-bit clock at the first sample, where that is told beside the container.
            offset: Seconds from its clock to one that all runs share, where that is told beside the container.
            probed: Seconds that may be read to find out what there is.

        Raises:
            NotMediaError: There is nothing in it that can be decoded.
            TooLargeError: Its only picture is beyond ``max_pixels``.
        """
        if announced_break:
            self._timeline.announce_break(is_told=offset is not None)
        if is_outrun:
            self._timeline.announce_outrun()
        pulse = self._options.pulse
        if pulse is not None and not isinstance(file, str | Remote):
            file = pulse.reading(file)
        made = self._made(file, label, format, is_live, clock, offset or 0.0, probed)
        yield from made if pulse is None else pulse.at_work(made)

    def _made(
        self,
        file: Readable | Remote | str,
        label: str,
        format: str | None,
        is_live: bool,
        clock: float | None,
        offset: float,
        probed: float | None,
    ) -> Generator[Item, None, None]:
        with ExitStack() as opened:
            options, is_remote = self._options, isinstance(file, Remote)
            pulse = options.pulse
            decryption, file = Decryption.of(file, format, options.keys)
            secrets = decryption.options
            with pulse.rest() if pulse is not None and is_remote else nullcontext():
                container = opened.enter_context(
                    open_container(file, label, format, options.max_pixels, opened, probed, secrets, pulse)
                )
            run = _Run(self, container, label, is_live, clock, offset, decryption, is_remote=is_remote)
            opened.callback(run.close)
            yield from run.items()


class _Run:
    """One container, from its tracks to its last frame."""

    def __init__(
        self,
        converter: Converter,
        container: InputContainer,
        label: str,
        is_live: bool,
        clock: float | None,
        offset: float,
        decryption: Decryption,
        *,
        is_remote: bool,
    ) -> None:
        self._is_remote = is_remote
        self._converter = converter
        self._options = converter._options
        self._timeline = converter._timeline
        self._captions = converter._captions
        self._splices = converter._splices
        self._part = Part(self._options.start, self._options.stop)
        self._limit = SizeLimit(self._options.max_pixels)
        self._container = container
        self._label = label
        self._is_live = is_live
        self._clock = (clock or 0.0) + offset
        self._decryption = decryption
        self._wraps = container.format.name == "mpegts" or clock is not None
        self._streams: dict[int, str] = {}
        self._tracks: dict[str, Track] = {}
        self._pictures: dict[str, PictureTrack] = {}
        self._broken_sound = BrokenSound()
        self._samples: dict[str, Samples] = {}
        self._begun: set[str] = set()
        """Sounds that have been heard of this container."""

    def close(self) -> None:
        """Let go of the decoders and their pictures now: they would wait to be collected, and are large."""
        self._pictures.clear()
        self._samples.clear()

    def items(self) -> Iterator[Item]:
        skipped = list(self._choose())
        self._part.seek(self._container, has_index=self._converter.has_index)
        packets = self._packets(skipped)
        if not self._streams:
            raise self._nothing(skipped)
        self._converter.has_index = self._container.format.name.startswith(_INDEXED)
        if self._container.duration and not self._is_live:
            self._converter.duration = self._container.duration / av.time_base
        if self._container.start_time is not None:
            self._timeline.begin_at(self._container.start_time / av.time_base + self._clock)
        yield from self._announce()
        yield from skipped
        try:
            for packet in packets:
                for item in self._decode(packet):
                    if self._part.holds(item):
                        yield self._part.trimmed(item)
                if self._timeline.reached >= self._converter._progress + PROGRESS:
                    yield from self._broken_sound.told(self._timeline.reached)
                    yield from self._held()
                    yield from self._progress()
                if self._is_over():
                    break
        except av.FFmpegError as exc:
            yield NotWatched(self._timeline.reached, f"reading stopped at {self._timeline.reached:.2f} s: {why(exc)}")
        except IndexError:
            # PyAV (18.1) raises it at the end of a transport stream in which a stream appeared later.
            yield NotWatched(self._timeline.reached, APPEARED_LATER)
        for pictures in self._pictures.values():
            yield from (item for item in pictures.rest() if self._part.holds(item))
        for samples in self._samples.values():
            yield from (self._part.trimmed(block) for block in samples.flush() if self._part.holds(block))
        yield from self._broken_sound.told()
        yield from self._held()
        yield Progress(self._reached())

    def _packets(self, skipped: list[NotWatched]) -> Iterator["Packet[Any]"]:
        """The packets of what was chosen, without what is decrypted with a wrong key."""
        chosen = {*self._streams, *self._captions.streams, *self._splices.streams}
        wrong, packets = self._decryption.packets(self._container, chosen)
        for track, reason in ((self._streams.pop(index), reason) for index, reason in wrong.items()):
            del self._tracks[track]
            self._pictures.pop(track, None)
            skipped.append(NotWatched(0.0, f"{track} {reason}", track=track))
        pulse = self._options.pulse
        if pulse is not None and self._is_remote:
            packets = pulse.at_rest(packets)
        return recorded(self._options.ring, packets, self._streams, self._timeline, self._clock)

    def _choose(self) -> Iterator[NotWatched]:
        """Decide which streams are watched; yield those that are not, with the reason."""
        self._captions.begin()
        self._splices.begin()
        if self._converter._light is not None:
            self._converter._light.restart()
        first = self._converter._first_audio
        choice = TrackChoice(self._options.audio, first, self._limit, self._decryption, self._captions, self._splices)
        for stream in self._container.streams:
            track, note = choice.of(stream)
            if track is not None and isinstance(stream, VideoStream | AudioStream):
                self._take(stream, track)
            if note is not None:
                yield note

    def _take(self, stream: VideoStream | AudioStream, track: str) -> None:
        self._streams[stream.index] = track
        options, light = self._options, self._converter._light
        are_few = options.key_frames_only or (light is not None and light.is_on)
        self._tracks[track] = probe.describe(stream, track, key_frames_only=are_few)
        if isinstance(stream, VideoStream):
            around = Surroundings(
                options,
                self._timeline,
                self._captions,
                self._limit,
                light,
                self._converter._refused,
                self._clock,
                self._wraps,
                self._announce,
            )
            self._pictures[track] = PictureTrack(stream, self._tracks[track], around)
        else:

            def place(raw: float | None, duration: float) -> tuple[float, TimelineBreak | None]:
                raw = None if raw is None else raw + self._clock
                return self._timeline.place(track, raw, duration, wraps=self._wraps, tolerance=TOLERANCE)

            self._samples[track] = Samples(track, place, self._options.block)

    def _nothing(self, skipped: list[NotWatched]) -> Exception:
        for note in skipped:
            if "refused: too large" in note.reason:
                return TooLargeError(f"{self._label}: {note.reason.removeprefix('stream 0: ')}")
        why = "; ".join(note.reason for note in skipped) or "it holds no audio or video track"
        return NotMediaError(f"{self._label}: nothing to watch: {why}")

    def _announce(self) -> Iterator[Tracks]:
        self._tracks.update((track, pictures.told) for track, pictures in self._pictures.items())
        tracks = (*self._tracks.values(), *self._captions.tracks)
        if tracks != self._converter._told:
            self._converter._told = tracks
            # Of what lies before the part that was asked for, nothing is missing.
            yield Tracks(max(self._timeline.reached, self._options.start), tracks, is_live=self._is_live)

    def _held(self) -> Iterator[Caption | Splice]:
        """Captions of packets of their own, and splices, that the media have come to."""
        for held in (self._captions, self._splices):
            yield from (each for each in held.due(self._timeline.reached) if self._part.holds(each))

    def _is_over(self) -> bool:
        # Sound and picture are muxed up to some seconds apart: go on until the later one has passed, too.
        return self._options.stop is not None and self._timeline.reached > self._options.stop + 2.0

    def _reached(self) -> float:
        """How far it has come, in seconds: of the part that was asked for."""
        stop, reached = self._options.stop, self._timeline.reached
        return reached if stop is None else min(stop, reached)

    def _progress(self) -> Iterator[Progress]:
        reached = self._reached()
        if reached >= self._converter._progress + PROGRESS:
            self._converter._progress = reached
            yield Progress(reached)

    def _decode(self, packet: "Packet[Any]") -> Iterator[Item]:
        if packet.stream.index in self._captions.streams:
            yield from self._captions.packet(packet, self._clock, wraps=self._wraps)
            return
        if packet.stream.index in self._splices.streams:
            self._splices.take(bytes(packet), self._clock, wraps=self._wraps)
            return
        track = self._streams[packet.stream.index]
        if packet.is_corrupt:
            yield Damage(track, self._timeline.reached, "packet")
        if track in self._pictures:
            yield from self._pictures[track].packet(packet)
            return
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError as exc:
            if packet.size:  # at the end, flushing an exhausted decoder is no damage
                yield from self._undecodable(track, packet, exc)
            return
        for frame in frames:
            yield from self._sound(track, frame)

    def _undecodable(self, track: str, packet: "Packet[Any]", exc: Exception) -> Iterator[Damage]:
        pts = self._timeline.reached
        if self._samples[track].form is not None:  # before the first, one has only joined
            seconds = in_seconds(packet.duration or 0, packet.time_base)
            raw = None if packet.pts is None else in_seconds(packet.pts, packet.time_base)
            self._broken_sound.broken(track, pts, seconds, raw)
        yield Damage(track, pts, "undecodable", str(exc))

    def _sound(self, track: str, frame: Any) -> Iterator[Item]:
        samples, layout = self._samples[track], frame.layout
        if frame.sample_rate <= 0 or not frame.samples or layout.nb_channels > MAX_CHANNELS:
            return
        if not samples.accepts(frame):
            yield from samples.flush()
            samples.adopt(frame)
            self._retell(track, {"rate": frame.sample_rate, "channels": layout.nb_channels, "layout": layout.name})
            yield from self._announce()
        if frame.is_corrupt:
            self._broken_sound.broken(track, self._timeline.reached, frame.samples / frame.sample_rate)
        heard = self._converter._heard
        if track not in self._begun:
            self._begun.add(track)
            if track in heard:
                yield Seam(track, heard[track])
        for item in samples.blocks(frame):
            heard[track] = item.end
            yield item

    def _retell(self, track: str, facts: dict[str, Any]) -> None:
        old = self._tracks[track]
        self._tracks[track] = Track(old.id, old.kind, old.codec, old.language, facts)
