"""Essentia's audio problem detectors, where somebody has installed it: it is under the AGPL, and no part of ours.

Each hears every channel by itself, in the frames that its reference page has as defaults (those that name none: in
frames of 1024 and hops of 512 samples, as Essentia's tutorials do); only `FalseStereoDetector` hears two at once.
`HumDetector` looks for what is steady over windows of 10 s, which is longer than the hum that recipes add.

## Sources
- Essentia, reference, category "Audio Problems", and the tutorials of the same name.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from proving.peers.answer import Answer, Span, joined
from proving.peers.decoding import frames

Channel = NDArray[np.float32]
"""(n,), 1.0 is full scale."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One of its detectors."""

    algorithm: str
    detectors: tuple[str, ...]
    """Ids of ours that look for the same."""
    heard: Callable[["Algorithm", NDArray[np.float32], int], Iterator[Span]]
    """Finds spans in sound (channels, n) of a rate."""
    frame: int = 1024
    hop: int = 512
    """Samples."""

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"Essentia {self.algorithm}"

    @property
    def is_score(self) -> bool:
        """All of them tell whether, and not how much."""
        return False

    @property
    def is_here(self) -> bool:
        """True if Essentia is installed."""
        return find_spec("essentia") is not None

    def made(self, **settings: Any) -> Any:
        """The algorithm, at the beginning of a file."""
        return getattr(_standard(), self.algorithm)(**settings)

    def frames(self, channel: Channel) -> Iterator[Channel]:
        """The channel cut up."""
        return _standard().FrameGenerator(channel, frameSize=self.frame, hopSize=self.hop, startFromZero=True)


def spans(peer: Algorithm, sound: NDArray[np.float32], rate: int) -> Iterator[Span]:
    """Of one that tells when something begins and ends, in seconds of the file; a run may end in a later frame."""
    for channel in sound:
        detector = peer.made(sampleRate=rate, frameSize=peer.frame, hopSize=peer.hop)
        told = [detector(frame) for frame in peer.frames(channel)]
        starts, ends = (np.concatenate(column) for column in zip(*told, strict=True))
        yield from ((float(start), float(end)) for start, end in zip(starts, ends, strict=False))


def places(peer: Algorithm, sound: NDArray[np.float32], rate: int) -> Iterator[Span]:
    """Of one that tells samples of the frame."""
    for channel in sound:
        detector = peer.made()
        for number, frame in enumerate(peer.frames(channel)):
            told = detector(frame)
            for place in told[0] if isinstance(told, tuple) else told:
                time = (number * peer.hop + float(place)) / rate
                yield time, time


def hums(peer: Algorithm, sound: NDArray[np.float32], rate: int) -> Iterator[Span]:
    """Of the one that hears the whole file at once."""
    for channel in sound:
        *_, starts, ends = peer.made(sampleRate=rate)(channel)
        yield from ((float(start), float(end)) for start, end in zip(starts, ends, strict=True))


def twins(peer: Algorithm, sound: NDArray[np.float32], rate: int) -> Iterator[Span]:
    """Of the one that compares left and right: second by second, since it has no frame of its own."""
    if len(sound) != 2:
        return
    together, detector = _standard().StereoMuxer(), peer.made()
    for second in range(sound.shape[1] // rate):
        left, right = np.ascontiguousarray(sound[:, second * rate : (second + 1) * rate])
        if detector(together(left, right))[0]:
            yield float(second), second + 1.0


ALGORITHMS = (
    Algorithm("SaturationDetector", ("audio.clipping",), spans, 512, 256),
    Algorithm("ClickDetector", ("audio.click",), spans, 512, 256),
    Algorithm("DiscontinuityDetector", ("audio.click", "audio.dropout"), places, 512, 256),
    Algorithm("GapsDetector", ("audio.dropout",), spans, 2048, 1024),
    Algorithm("HumDetector", ("audio.hum",), hums),
    Algorithm("NoiseBurstDetector", ("audio.noise",), places),
    Algorithm("FalseStereoDetector", ("audio.mono",), twins),
)


@cache
def _standard() -> Any:
    essentia = import_module("essentia")
    essentia.log.infoActive = essentia.log.warningActive = False
    return import_module("essentia.standard")


def ask(path: Path, algorithms: Sequence[Algorithm]) -> dict[str, Answer]:
    """What these say of a file: of its first audio track, decoded once."""
    if not algorithms:
        return {}
    try:
        begins, rate, sound = _sound(path)
    except (av.FFmpegError, ValueError) as exc:  # such as a number of channels that changes
        return {each.name: Answer(_version(), error=f"{each.name}: {exc}") for each in algorithms}
    return {each.name: _answer(each, begins, rate, sound) for each in algorithms}


def _version() -> str:
    return f"Essentia {version('essentia')}"


def _answer(peer: Algorithm, begins: float, rate: int, sound: NDArray[np.float32]) -> Answer:
    if sound.shape[1] < peer.frame:
        return Answer(_version())
    try:
        found = joined((begins + start, begins + end) for start, end in peer.heard(peer, sound, rate))
    except RuntimeError as exc:  # the only kind that it raises
        return Answer(_version(), error=f"{peer.name}: {exc}")
    return Answer(_version(), found)


def _sound(path: Path) -> tuple[float, int, NDArray[np.float32]]:
    """When the first audio track begins (seconds of the file), its rate, and its samples (channels, n)."""
    resampler, heard = av.AudioResampler(format="fltp"), list(frames(path, "audio"))
    if not heard:
        return 0.0, 0, np.zeros((0, 0), np.float32)
    begins, rate = heard[0].time or 0.0, heard[0].sample_rate
    runs = [run.to_ndarray() for frame in heard for run in resampler.resample(frame)]
    return begins, rate, np.ascontiguousarray(np.concatenate(runs, axis=1), np.float32)
