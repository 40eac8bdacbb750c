"""FFmpeg's detectors: filters of libavfilter, driven through PyAV and read by what they write on each frame.

## Sources
- FFmpeg, `doc/filters.texi`, and for what is not written there the filters' own sources in `libavfilter`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.filter import Graph, filters_available

from proving.peers.answer import Answer, Span, averaged, joined
from proving.peers.decoding import frames

VERSION = f"FFmpeg {av.ffmpeg_version_info} (through PyAV {av.__version__})"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a filter wrote on one frame."""

    time: float
    """Seconds."""
    tags: dict[str, str]
    pixels: int = 0
    """Width times height of a picture."""


Marks = Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, and how its metadata is to be read: as findings, or as a score of each frame."""

    filter: str
    detectors: tuple[str, ...]
    """Ids of ours that look for the same."""
    spans: Callable[[Marks], Iterable[Span]] | None = None
    score: Callable[[Mark], float] | None = None
    settings: str = ""
    """What is not its default."""
    detail: str = ""
    """Those of them that bear on the verdict, or which of its verdicts is meant."""

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"FFmpeg {self.filter} {self.detail}".rstrip()

    @property
    def is_score(self) -> bool:
        """True if it tells how much, and not whether."""
        return self.score is not None

    @property
    def is_here(self) -> bool:
        """True if this libavfilter was built with it: the GPL's are missing where it is under the LGPL."""
        return self.filter in filters_available

    @property
    def media(self) -> str:
        """What it looks at."""
        return "audio" if self.detectors[0].startswith("audio.") else "video"

    def answer(self, marks: Marks) -> Answer:
        """What the marks of a whole file say."""
        if self.score is not None:
            return Answer(VERSION, scores=averaged((mark.time, self.score(mark)) for mark in marks if mark.tags))
        return Answer(VERSION, spans=tuple(self.spans(marks)) if self.spans else ())


def edges(begins: str, ends: str, lasting: float = 0.0) -> Callable[[Marks], Iterator[Span]]:
    """Findings by the times that are written where they begin and end; one left open lasts to the end of the file.

    Args:
        begins: Key of the beginning.
        ends: Key of the end.
        lasting: Seconds from which one counts, for a filter that writes down the others as well.
    """

    def read(marks: Marks) -> Iterator[Span]:
        start = None
        for mark in marks:
            start = float(mark.tags[begins]) if begins in mark.tags else start
            if start is not None and ends in mark.tags:
                if float(mark.tags[ends]) - start >= lasting:
                    yield start, float(mark.tags[ends])
                start = None
        if start is not None and marks[-1].time - start >= lasting:
            yield start, marks[-1].time

    return read


def runs(is_bad: Callable[[dict[str, str]], bool], skip: int = 0) -> Callable[[Marks], Iterable[Span]]:
    """Findings by the filter's verdict on each frame, the first ``skip`` of them left out."""
    return lambda marks: joined((mark.time, mark.time) for mark in marks[skip:] if is_bad(mark.tags))


def value(key: str) -> Callable[[Mark], float]:
    """The number under a key."""
    return lambda mark: float(mark.tags.get(key, "nan"))


def cropped(mark: Mark) -> float:
    """Share of the picture that would be cut off."""
    width, height = (int(mark.tags.get(f"lavfi.cropdetect.{side}", 0)) for side in "wh")
    return 1.0 - max(0, width) * max(0, height) / mark.pixels if "lavfi.cropdetect.w" in mark.tags else float("nan")


def _black(detail: str, lasting: float) -> Filter:
    # The log keeps to the shortest duration, the metadata does not: it tells every black picture.
    read = edges("lavfi.black_start", "lavfi.black_end", lasting)
    return Filter("blackdetect", ("video.black",), read, settings=detail, detail=detail)


def _freeze(detail: str) -> Filter:
    read = edges("lavfi.freezedetect.freeze_start", "lavfi.freezedetect.freeze_end")
    return Filter("freezedetect", ("video.freeze",), read, settings=detail, detail=detail)


def _statistic(name: str, detector: str) -> Filter:
    settings = f"metadata=1:reset=1:measure_perchannel=none:measure_overall={name}"
    return Filter("astats", (detector,), score=value(f"lavfi.astats.Overall.{name}"), settings=settings, detail=name)


def _phase(kind: str, detector: str) -> Filter:
    read = edges(f"lavfi.aphasemeter.{kind}_start", f"lavfi.aphasemeter.{kind}_end")
    return Filter("aphasemeter", (detector,), read, settings="video=0:phasing=1", detail=kind)


def _is_combed(tags: dict[str, str]) -> bool:
    return tags.get("lavfi.idet.multiple.current_frame") in ("tff", "bff")


def _is_flashing(tags: dict[str, str]) -> bool:
    return float(tags["lavfi.photosensitivity.badness"]) >= 1.0


FLASH_HISTORY = 30
"""Pictures that `photosensitivity` looks back on; the first is compared with nothing, and taken for a flash."""
FILTERS = (
    _black("", 2.0),
    _black("d=1", 1.0),  # as long as ours waits for its alarm
    _freeze(""),
    _freeze("n=-50dB"),  # the default is for pictures that no encoder touched
    Filter("silencedetect", ("audio.silence",), edges("lavfi.silence_start", "lavfi.silence_end")),
    Filter("blockdetect", ("video.blockiness", "video.block_corruption"), score=value("lavfi.block")),
    Filter("blurdetect", ("video.blur",), score=value("lavfi.blur")),
    Filter("idet", ("video.combing",), runs(_is_combed)),
    # Without a reset it goes on telling the largest picture that it ever saw.
    Filter("cropdetect", ("video.border",), score=cropped, settings="reset=1", detail="reset=1"),
    Filter("photosensitivity", ("video.flash",), runs(_is_flashing, FLASH_HISTORY)),
    _statistic("Flat_factor", "audio.clipping"),
    _statistic("DC_offset", "audio.dc_offset"),
    _phase("mono", "audio.mono"),
    _phase("out_phase", "audio.phase"),
)


def ask(path: Path, filters: Sequence[Filter]) -> dict[str, Answer]:
    """What these say of a file: of its first video and its first audio track, decoded once."""
    if not filters:
        return {}
    going = [_Going(each) for each in filters]
    try:
        for frame in frames(path, *sorted({each.media for each in filters})):
            media = "video" if isinstance(frame, av.VideoFrame) else "audio"
            for each in going:
                if each.filter.media == media:
                    each.push(frame)
    except av.FFmpegError as exc:
        return {each.name: Answer(VERSION, error=f"{each.name}: {exc}") for each in filters}
    return {each.filter.name: each.finished() for each in going}


class _Going:
    """A filter at work on one file."""

    def __init__(self, each: Filter) -> None:
        self.filter = each
        self._graph: Graph | None = None
        self._marks: list[Mark] = []
        self._error: str | None = None

    def push(self, frame: av.VideoFrame | av.AudioFrame | None) -> None:
        """Show it the next frame; None is the end."""
        if self._error is not None or (self._graph is None and frame is None):
            return
        try:
            self._graph = self._graph or self._built(frame)
            self._graph.push(frame)
            self._pull()
        except (av.FFmpegError, ValueError) as exc:
            self._error = f"{self.filter.name}: {exc}"

    def finished(self) -> Answer:
        """What it said."""
        self.push(None)
        return Answer(VERSION, error=self._error) if self._error else self.filter.answer(self._marks)

    def _built(self, frame: av.VideoFrame | av.AudioFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        if isinstance(frame, av.VideoFrame):
            source = graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
            )
            sink = graph.add("buffersink")
        else:
            source = graph.add_abuffer(
                sample_rate=frame.sample_rate,
                format=frame.format.name,
                layout=frame.layout.name,
                time_base=frame.time_base,
            )
            sink = graph.add("abuffersink")
        step = graph.add(self.filter.filter, self.filter.settings)
        source.link_to(step)
        step.link_to(sink)
        graph.configure()
        return graph

    def _pull(self) -> None:
        try:
            while True:
                frame = self._graph.pull()
                pixels = frame.width * frame.height if isinstance(frame, av.VideoFrame) else 0
                self._marks.append(Mark(frame.time, dict(frame.metadata), pixels))
        except (av.BlockingIOError, EOFError):
            return
