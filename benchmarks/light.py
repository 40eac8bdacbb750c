"""What the light tier costs beside the full one: `make bench-light`.

One thread, one process, CPU time (user and system) for each second of media, of a 1080p25 H.264 clip of 5 Mb/s with a
key frame every 2 s and stereo AAC. The parts of the light tier are measured by leaving things out: what is left is
what its loop costs.

    python benchmarks/light.py [--runs N] [--seconds S] [--clip FILE]
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import av

import watchglass  # noqa: F401 (before numpy: it asks for one BLAS thread)
from speed import make_clip
from watchglass.config.build import chosen, crew
from watchglass.config.examine import Plan, spare_collector
from watchglass.config.settings import Config
from watchglass.media.source import open_source
from watchglass.model.attention import Attention
from watchglass.model.coded import Played
from watchglass.model.media import AudioBlock, Item, VideoFrame
from watchglass.monitor.context import Context
from watchglass.monitor.promotion import Promotion
from watchglass.monitor.watch import watch

REACH = 50.0
"""Milliseconds of CPU for each second of media that the light tier may cost: forty streams on two cores."""


def demuxed(clip: str) -> None:
    """Read all packets."""
    with av.open(clip) as container:
        for _ in container.demux():
            pass


def decoded(clip: str, kind: str, *, keys_only: bool = False) -> None:
    """Read all packets, and decode those of one kind."""
    with av.open(clip) as container:
        stream = container.streams.get({kind: 0})[0]
        stream.codec_context.thread_type = "NONE"
        if keys_only:
            stream.codec_context.skip_frame = "NONKEY"
        for packet in container.demux():
            if packet.stream is stream:
                packet.decode()


def items(clip: str, *, light: bool, audio: str = "all") -> Iterator[Item]:
    """What the converter makes of it, live."""
    attention = Attention() if light else None
    plan = Plan(config=Config(audio=audio), threads=1)
    with open_source(clip, plan.options(is_live=True, attention=attention)) as source:
        yield from source


def watched(clip: str, names: list[str], *, light: bool, audio: str = "all", none_of: type | tuple = ()) -> None:
    """The loop as `watchglass watch` runs it, without items of some kinds."""
    attention = Attention(is_light=light)
    plan = Plan(config=Config(audio=audio), threads=1)
    promotion = Promotion(attention)
    promotion.allowed = False
    with open_source(clip, plan.options(is_live=True, attention=attention if light else None)) as source:
        kept = (item for item in source if not isinstance(item, none_of)) if none_of else source
        for _ in promotion.watching(Context().weigh(watch(kept, crew(plan.config, names)))):
            pass


def milliseconds(work: Callable[[], object], seconds: float, runs: int) -> float:
    """CPU for each second of media: the median of the runs."""
    costs = []
    for _ in range(runs):
        began = time.process_time()
        made = work()
        if isinstance(made, Iterator):
            for _ in made:
                pass
        costs.append(time.process_time() - began)
    return 1000.0 * median(costs) / seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--clip", type=Path, help="measure on this file instead of a generated one")
    options = parser.parse_args()
    spare_collector()
    with tempfile.TemporaryDirectory() as name:
        clip = str(options.clip or make_clip(Path(name), options.seconds, 2))
        length = max(item.end for item in items(clip, light=True) if isinstance(item, Played))
        names = chosen(["default"])
        cost = partial(milliseconds, seconds=length, runs=options.runs)
        light = partial(watched, clip, names, light=True)
        steps = {
            "reading packets": partial(demuxed, clip),
            "and decoding all pictures": partial(decoded, clip, "video"),
            "and decoding key frames": partial(decoded, clip, "video", keys_only=True),
            "and decoding sound": partial(decoded, clip, "audio"),
            "our converter, light, no sound": partial(items, clip, light=True, audio="none"),
            "our converter, light": partial(items, clip, light=True),
            "our converter, full": partial(items, clip, light=False),
            "light, no sound": partial(light, audio="none"),
            "light, pictures not looked at": partial(light, none_of=VideoFrame),
            "light, sound not listened to": partial(light, none_of=AudioBlock),
            "light": light,
            "full": partial(watched, clip, names, light=False),
        }
        print(f"{length:.0f} s of media, {options.runs} times; milliseconds of CPU for each second")
        told = {}
        for label, work in steps.items():
            told[label] = cost(work)
            print(f"  {label:34} {told[label]:8.2f}", flush=True)
        whole, reading = told["light"], told["reading packets"]
        sound = told["and decoding sound"] - reading
        parts = {
            "reading packets": reading,
            "decoding key frames": told["and decoding key frames"] - reading,
            "decoding sound": sound,
            "detectors of the picture": whole - told["light, pictures not looked at"],
            "detectors of the sound": whole - told["light, sound not listened to"],
        }
        print("of the light tier:")
        for label, spent in (*parts.items(), ("the rest", whole - sum(parts.values()))):
            print(f"  {label:34} {spent:8.2f}  {100 * spent / whole:5.1f} %")
        print(f"light: {whole / 10:.1f} % of a core (reach: {REACH / 10:.1f} %), {whole / told['full']:.3f} of full")


if __name__ == "__main__":
    main()
