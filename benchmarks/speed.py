"""What watching costs beside decoding, on one thread: `make bench`.

Every figure is CPU time (user and system) of a process of its own, the least of several runs, taken in turns so
that a busy machine disturbs all alike. The baseline decodes every watched track with PyAV and copies nothing.

    python benchmarks/speed.py [--runs N] [--seconds S] [--clip FILE] [--only NAME]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve()
SEGMENTS = (2, 6)


def baseline(clip: str) -> dict[str, float]:
    """Decode everything, touch nothing."""
    import av

    frames = samples = 0
    with av.open(clip) as container:
        for stream in container.streams:
            if stream.type == "video":
                stream.codec_context.thread_type = "NONE"
                stream.codec_context.thread_count = 1
        for packet in container.demux():
            for frame in packet.decode():
                if packet.stream.type == "video":
                    frames += 1
                else:
                    samples += frame.samples
    return {"frames": frames, "samples": samples}


def ours(clip: str, names: str) -> dict[str, float]:
    """The loop as `watchglass check` runs it, with these detectors and no report."""
    from watchglass.config.build import crew
    from watchglass.config.examine import Plan
    from watchglass.config.settings import Config
    from watchglass.media.source import open_source
    from watchglass.monitor.context import Context
    from watchglass.monitor.watch import watch

    plan = Plan(config=Config(), threads=1)
    with open_source(clip, plan.options()) as source:
        readings = sum(1 for _ in Context().weigh(watch(source, crew(plan.config, names.split(",")))))
    return {"readings": readings}


def nothing(clip: str) -> dict[str, float]:
    """Our converter alone: frames and blocks are made, nobody looks."""
    from watchglass.media.decode import DecodeOptions
    from watchglass.media.source import SourceOptions, open_source

    with open_source(clip, SourceOptions(decode=DecodeOptions(threads=1))) as source:
        return {"items": sum(1 for _ in source)}


def whole(clip: str) -> dict[str, float]:
    """The default set with record, curves, pictures and waveform: what `watchglass check` costs."""
    from watchglass.config.examine import Plan, examine

    report = examine(clip, Plan(threads=1), lambda finding: None, lambda reached, whole: None)
    return {"findings": len(report.findings)}


def ffmpeg(clip: str) -> dict[str, float]:
    """FFmpeg's filters for the rows that we have, where it has them, in one process and thread."""
    import av
    from av.filter import Graph

    told = 0
    with av.open(clip) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        video.codec_context.thread_type = "NONE"
        pictures, sound = Graph(), Graph()
        pictures.threads = sound.threads = 1
        _chain(pictures, pictures.add_buffer(template=video), ("blackdetect", "d=0.1"), ("freezedetect", ""))
        _chain(
            sound,
            sound.add_abuffer(template=audio),
            ("silencedetect", ""),
            ("astats", "metadata=1:reset=1"),
            ("ebur128", "peak=true:metadata=1:framelog=quiet"),
        )
        for packet in container.demux(video, audio):
            graph = pictures if packet.stream is video else sound
            for frame in packet.decode():
                graph.push(frame)
                told += _drain(graph)
    return {"frames": told}


def _chain(graph, source, *filters) -> None:
    for name, arguments in filters:
        step = graph.add(name, arguments)
        source.link_to(step)
        source = step
    sink = "buffersink" if filters[0][0] == "blackdetect" else "abuffersink"
    source.link_to(graph.add(sink))
    graph.configure()


def _drain(graph) -> int:
    import av

    told = 0
    while True:
        try:
            graph.pull()
        except (av.BlockingIOError, EOFError):
            return told
        told += 1


WORK: dict[str, Callable[..., dict[str, float]]] = {
    "baseline": baseline,
    "nothing": nothing,
    "ours": ours,
    "whole": whole,
    "ffmpeg": ffmpeg,
}


def child(name: str, arguments: list[str]) -> None:
    """Do one piece of work and print what it cost; what the imports cost is not counted."""
    import av  # noqa: F401
    import cv2  # noqa: F401
    import numpy as np  # noqa: F401

    import watchglass.config.examine
    import watchglass.detectors

    for detector in watchglass.detectors.known():
        watchglass.detectors.load(detector)
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    counted = WORK[name](*arguments)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "wall": wall, "rss": _peak(), **counted}))


def _peak() -> float:
    """Peak resident memory of this process, in MB; ru_maxrss would inherit the parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(name: str, *arguments: str) -> dict[str, float]:
    """One run in a process of its own."""
    command = [sys.executable, str(HERE), "--child", name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} {arguments}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)


def make_clip(folder: Path, seconds: float, channels: int) -> Path:
    """1080p25 H.264 at about 5 Mb/s with textured motion and camera noise, and sound of so many channels."""
    import av
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
    import av
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


def detectors_by_default() -> list[str]:
    """The ids of the default set."""
    from watchglass.config.build import chosen

    return chosen(["default"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--clip", type=Path, help="measure on this file instead of a generated one")
    parser.add_argument("--brief", action="store_true", help="only the ratios of the whole default set")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], options.child[1:])
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"making {options.seconds:g} s of 1080p25 with stereo and with 5.1 ...", flush=True)
        stereo = options.clip or make_clip(folder, options.seconds, 2)
        tasks: dict[str, tuple[str, ...]] = {
            "decoding alone": ("baseline", str(stereo)),
            "our converter alone": ("nothing", str(stereo)),
            "default set, stereo": ("ours", str(stereo), "default"),
        }
        if not options.clip:
            surround = make_clip(folder, options.seconds, 6)
            tasks["decoding alone, 5.1"] = ("baseline", str(surround))
            tasks["default set, 5.1"] = ("ours", str(surround), "default")
        if not options.brief:
            tasks["check, with report"] = ("whole", str(stereo))
            tasks["FFmpeg's filters"] = ("ffmpeg", str(stereo))
            tasks |= {f"  {each}": ("ours", str(stereo), each) for each in detectors_by_default()}
        _report(tasks, options.runs)
        if not options.brief:
            print("\n".join(["", *startup(stereo), "", *jobs(stereo)]))


def _report(tasks: dict[str, tuple[str, ...]], runs: int) -> None:
    best: dict[str, dict[str, float]] = {}
    for turn in range(runs):
        for label, task in tasks.items():
            print(f"\rrun {turn + 1} of {runs}: {label:28}", end="", file=sys.stderr, flush=True)
            result = run(*task)
            if label not in best or result["cpu"] < best[label]["cpu"]:
                best[label] = result
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    alone = best["decoding alone"]
    seconds = alone["frames"] / 25.0
    print(f"{alone['frames']:.0f} pictures, {alone['samples']:.0f} samples a channel; least of {runs} runs, one thread")
    print(f"{'':28} {'CPU s':>8} {'x decoding':>11} {'ms / media s':>13} {'peak MB':>8}")
    converter = best["our converter alone"]["cpu"]
    for label, result in best.items():
        base = best["decoding alone, 5.1"] if "5.1" in label else alone
        own = result["cpu"] - (converter if label.startswith("  ") else base["cpu"])
        print(
            f"{label:28} {result['cpu']:8.2f} {result['cpu'] / base['cpu']:11.3f} "
            f"{1000 * own / seconds:13.1f} {result['rss']:8.0f}"
        )


if __name__ == "__main__":
    main()
