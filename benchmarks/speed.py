"""What watching costs beside decoding, on one thread: `make bench`.

Each candidate goes through the same clip beside the baseline, in one process, two seconds of each in turn, and CPU
time (user and system) is compared slice by slice: a machine that is busy, or slow for a while, disturbs both alike,
and the ratio holds. The baseline decodes every watched track with PyAV and copies nothing. Peak memory, waiting times
and several jobs are measured on processes of their own.

    python benchmarks/speed.py [--runs N] [--seconds S] [--clip FILE] [--brief] [--detectors IDS]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

import av
from av.filter import Graph

import watchglass  # noqa: F401 (before numpy: it asks for one BLAS thread)
from memory import peak
from watchglass.config.build import chosen, crew
from watchglass.config.examine import Plan, spare_collector
from watchglass.config.settings import Config
from watchglass.media.source import open_source
from watchglass.model.media import Item, VideoFrame
from watchglass.monitor.context import Context
from watchglass.monitor.evidence import Evidence
from watchglass.monitor.record import Record
from watchglass.monitor.roster import Roster
from watchglass.monitor.watch import watch

SLICE = 50
"""Pictures that a candidate goes on before it is the other one's turn."""
Candidate = Iterator[None]
"""Yields once for each picture."""


def baseline(clip: str) -> Candidate:
    """Decode everything, touch nothing."""
    with av.open(clip) as container:
        container.streams.video[0].codec_context.thread_type = "NONE"
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    yield


def ours(clip: str, names: list[str], *, report: bool = False) -> Candidate:
    """The loop as `watchglass check` runs it: with these detectors, and with record and evidence if asked."""
    plan = Plan(config=Config(), threads=1)
    roster = Roster(names, crew(plan.config, names)) if names else None
    evidence, record, passed = Evidence(roster), Record(clip), 0

    def counted(items: Iterator[Item]) -> Iterator[Item]:
        nonlocal passed
        for item in items:
            passed += isinstance(item, VideoFrame)
            yield item

    with open_source(clip, plan.options()) as source:
        items = counted(iter(evidence.watching(source) if report else source))
        told = 0
        observations = Context().weigh(watch(items, roster)) if roster else items
        for seen in observations:
            if report:
                record.add(seen)
                evidence.add(seen)
            while told < passed:
                told += 1
                yield


def filters(clip: str) -> Candidate:
    """FFmpeg's filters for the rows that we have, where it has them."""
    with av.open(clip) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        video.codec_context.thread_type = "NONE"
        pictures, sound = Graph(), Graph()
        pictures.threads = sound.threads = 1
        _chain(
            pictures, pictures.add_buffer(template=video), "buffersink", ("blackdetect", "d=0.1"), ("freezedetect", "")
        )
        _chain(
            sound,
            sound.add_abuffer(template=audio),
            "abuffersink",
            ("silencedetect", ""),
            ("astats", "metadata=1:reset=1"),
            ("ebur128", "peak=true:metadata=1:framelog=quiet"),
        )
        for packet in container.demux(video, audio):
            graph = pictures if packet.stream is video else sound
            for frame in packet.decode():
                graph.push(frame)
                _drain(graph)
                if graph is pictures:
                    yield


class _Timed:
    """A detector whose CPU time is added up."""

    def __init__(self, detector) -> None:
        self._detector = detector
        self.consumes = detector.consumes
        self.name = detector.name
        self.seconds = 0.0

    def measure(self, item):
        return self._time(self._detector.measure, item)

    def judge(self, reading):
        return self._time(self._detector.judge, reading)

    def finish(self, pts):
        return self._time(self._detector.finish, pts)

    def _time(self, work, argument):
        began = time.process_time()
        told = list(work(argument))
        self.seconds += time.process_time() - began
        return told


def alone(clip: str, name: str) -> float:
    """CPU seconds of one detector for each second of media."""
    hire, hired = crew(Config(), [name]), []

    def timed(track):
        hired.extend(made := [_Timed(each) for each in hire(track)])
        return made

    end = 0.0
    with open_source(clip, Plan(config=Config(), threads=1).options()) as source:

        def looked_at():
            nonlocal end
            for item in source:
                end = max(end, item.end)
                yield item

        for _ in watch(looked_at(), timed):
            pass
    return sum(each.seconds for each in hired) / end


def _chain(graph: Graph, source, sink: str, *steps: tuple[str, str]) -> None:
    for name, arguments in steps:
        step = graph.add(name, arguments)
        source.link_to(step)
        source = step
    source.link_to(graph.add(sink))
    graph.configure()


def _drain(graph: Graph) -> None:
    try:
        while True:
            graph.pull()
    except (av.BlockingIOError, EOFError):
        return


def in_turns(first: Candidate, second: Candidate) -> list[tuple[float, float]]:
    """CPU seconds of both, slice by slice: of the first, and of the second on the same pictures just after it."""
    costs = []
    while True:
        times = []
        for candidate in (first, second):
            began = time.process_time()
            done = sum(1 for _, _ in zip(range(SLICE), candidate, strict=False))
            times.append(time.process_time() - began)
            if done < SLICE:
                return costs
        costs.append((times[0], times[1]))


def compare(clip: str, candidates: dict[str, partial[Candidate]], runs: int) -> None:
    """Each candidate beside decoding alone; the ratio is that of the median slices, which no hiccup moves."""
    pictures, samples = _content(clip)
    print(f"{pictures} pictures and {samples} samples a channel, {runs} times")
    print(f"{'':34} {'CPU s':>9} {'decoding':>9} {'ratio':>7} {'ms / media s':>13}")
    for label, make in candidates.items():
        costs: list[tuple[float, float]] = []
        for turn in range(runs):
            print(f"\r{label}: run {turn + 1} of {runs} ...", end="", file=sys.stderr, flush=True)
            costs += in_turns(baseline(clip), make())
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
        decoding, whole = (sum(column) for column in zip(*costs, strict=True))
        alone = median(mine for mine, _ in costs)
        more = median(other - mine for mine, other in costs)
        spent = 1000.0 * more * 25.0 / SLICE
        print(f"{label:34} {whole:9.2f} {decoding:9.2f} {1.0 + more / alone:7.3f} {spent:13.1f}", flush=True)


def _content(clip: str) -> tuple[int, int]:
    with av.open(clip) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    with av.open(clip) as container:
        return sum(packet.size > 0 for packet in container.demux(video=0)), samples


def make_clip(folder: Path, seconds: float, channels: int) -> Path:
    """1080p25 H.264 at about 5 Mb/s with textured motion and camera noise, and sound of so many channels."""
    import cv2
    import numpy as np

    path = folder / f"clip_{channels}.mp4"
    random = np.random.default_rng(1)
    wide = cv2.resize(random.integers(0, 256, (90, 180), np.uint8), (3200, 1600), interpolation=cv2.INTER_CUBIC)
    wide = cv2.addWeighted(wide, 0.7, cv2.resize(random.integers(0, 256, (800, 1600), np.uint8), (3200, 1600)), 0.3, 0)
    noise = random.normal(0, 2.0, (1080 + 64, 1920 + 64)).astype(np.int8)
    rate = 48_000
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt, video.bit_rate = 1920, 1080, "yuv420p", 5_000_000
        video.options = {"preset": "veryfast", "g": "50", "maxrate": "6M", "bufsize": "10M"}
        audio = out.add_stream("aac", rate=rate, layout="stereo" if channels == 2 else "5.1")
        audio.bit_rate = 64_000 * channels
        tone = np.arange(rate // 25, dtype=np.float64)
        for n in range(round(seconds * 25)):
            x, y = int(600 + 500 * np.sin(n / 60)), int(250 + 200 * np.cos(n / 45))
            luma = wide[y : y + 1080, x : x + 1920].astype(np.int16)
            dx, dy = random.integers(0, 64, 2)
            luma += noise[dy : dy + 1080, dx : dx + 1920]
            picture = np.full((1620, 1920), 128, np.uint8)
            picture[:1080] = np.clip(luma // 2 + 60, 16, 235)
            picture[1080:] = cv2.resize(wide[y : y + 540, x : x + 960], (1920, 540)) // 8 + 112
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = n
            out.mux(video.encode(frame))
            time_in = (tone + n * len(tone)) / rate
            sound = 0.1 * np.sin(2 * np.pi * np.outer(np.arange(1, channels + 1) * 110.0, time_in))
            sound += random.normal(0, 0.03, sound.shape) * (1.2 + np.sin(2 * np.pi * 3.0 * time_in))
            block = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(sound, np.float32), format="fltp", layout=audio.layout.name
            )
            block.sample_rate = rate
            block.pts = n * len(tone)
            out.mux(audio.encode(block))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


def startup(clip: Path) -> list[str]:
    """How long a user waits."""
    lines = []
    command = str(Path(sys.executable).parent / "watchglass")
    version = min(_wall([command, "--version"]) for _ in range(5))
    lines.append(f"watchglass --version          {version:6.2f} s   (reach: 0.30 s)")
    black = clip.parent / "black.mp4"
    _black(black)
    first = min(_first_line([command, "check", str(black), "--to", "20"]) for _ in range(3))
    lines.append(f"first finding on stderr       {first:6.2f} s   (reach: 1.50 s; a file that begins with black)")
    return lines


def _wall(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    return time.perf_counter() - began


def _first_line(command: list[str]) -> float:
    began = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stderr is not None
        process.stderr.readline()
        waited = time.perf_counter() - began
        process.wait()
    return waited


def _black(path: Path) -> None:
    import numpy as np

    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 1920, 1080, "yuv420p"
        video.options = {"preset": "ultrafast"}
        picture = np.full((1620, 1920), 128, np.uint8)
        picture[:1080] = 16
        for _ in range(500):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p")))
        out.mux(video.encode(None))


def jobs(clip: Path) -> list[str]:
    """Two files one after the other on one thread, one after the other on all, and both at once."""
    command = [str(Path(sys.executable).parent / "watchglass"), "check", "-q", str(clip), str(clip)]
    one_thread = min(_wall([*command, "--jobs", "1", "--threads", "1"]) for _ in range(2))
    one = min(_wall([*command, "--jobs", "1"]) for _ in range(2))
    two = min(_wall([*command, "--jobs", "2"]) for _ in range(2))
    return [
        f"two files, --jobs 1 --threads 1 {one_thread:6.2f} s",
        f"two files, --jobs 1             {one:6.2f} s",
        f"two files, --jobs 2             {two:6.2f} s   {two / one_thread:.2f}x of one thread (reach: 0.60x), "
        f"{two / one:.2f}x of --jobs 1",
    ]


def memory(clip: Path) -> list[str]:
    """The peak of a whole `check` with its report: of our process and its worker together, shared pages once."""
    page = clip.parent / "report.html"
    command = [str(Path(sys.executable).parent / "watchglass"), "check", "-q", "--html", str(page), str(clip)]
    return [f"peak memory of `check --html`   {peak(command):6.0f} MB  (reach: 300 MB)"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--clip", type=Path, help="measure on this 25 Hz file instead of a generated one")
    parser.add_argument("--brief", action="store_true", help="only the ratios of all together")
    parser.add_argument("--detectors", default="default", help="ids or families, with commas, as `check` takes them")
    options = parser.parse_args()
    watched = chosen(options.detectors.split(","))
    these = "default set" if options.detectors == "default" else "these detectors"
    spare_collector()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not options.clip:
            print(f"making {options.seconds:g} s of 1080p25 with stereo and with 5.1 ...", flush=True)
        stereo = options.clip or make_clip(folder, options.seconds, 2)
        clip = str(stereo)
        candidates: dict[str, partial[Candidate]] = {
            "decoding alone, once more": partial(baseline, clip),
            "our converter alone": partial(ours, clip, []),
            f"{these}, stereo": partial(ours, clip, watched),
            f"{these} with record, evidence": partial(ours, clip, watched, report=True),
            "FFmpeg's filters": partial(filters, clip),
        }
        compare(clip, candidates, options.runs)
        if not options.brief:
            print("each detector alone, with the shared pictures that it asks for:")
            for each in watched:
                print(f"  {each:32} {1000 * alone(clip, each):36.2f}", flush=True)
        if not options.clip:
            surround = str(make_clip(folder, options.seconds, 6))
            compare(surround, {f"{these}, 5.1": partial(ours, surround, watched)}, options.runs)
        if not options.brief:
            print("\n".join([*memory(stereo), *startup(stereo), *jobs(stereo)]))


if __name__ == "__main__":
    main()
