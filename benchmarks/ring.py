"""What does it cost to keep the last seconds of a stream? `make bench-ring`.

Decodes a minute of 1080p25 H.264 of 5 Mb/s with sound, as a live stream is decoded, with a ring and without one, in
turns and each in a process of its own: CPU, and what the process shrinks by (proportional set size) when the ring goes,
against its payload. Then what a clip of it and its strip cost.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, RATE = 60, 25
BITS = 5_000_000


def make(path: Path) -> None:
    """A minute of something that moves and is hard to code, so that the encoder needs all that it may use."""
    from fractions import Fraction

    import av
    import numpy as np

    rng = np.random.default_rng(1)
    scene = rng.integers(0, 255, (135, 480), np.uint8).repeat(8, 0).repeat(8, 1)
    grain = rng.integers(0, 12, (8, 1080, 1920), np.uint8)
    with av.open(str(path), "w", format="mpegts") as out:
        options = {"preset": "veryfast", "x264-params": "nal-hrd=cbr:vbv-maxrate=5000:vbv-bufsize=5000:bframes=2"}
        picture = out.add_stream("libx264", rate=RATE, options=options)
        picture.width, picture.height, picture.pix_fmt, picture.bit_rate = 1920, 1080, "yuv420p", BITS
        picture.codec_context.gop_size = 2 * RATE
        sound = out.add_stream("aac", rate=48_000, layout="stereo")
        sound.codec_context.bit_rate = 128_000
        for number in range(SECONDS * RATE):
            at = 3 * number % 1900
            luma = scene[:, at : at + 1920] // 2 + grain[number % 8] + 40
            planes = np.concatenate([luma, np.full((540, 1920), 128, np.uint8)])
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(picture.encode(frame))
            samples = rng.normal(0.0, 0.05, (2, 1920)).astype(np.float32)
            block = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            block.sample_rate, block.pts, block.time_base = 48_000, 1920 * number, Fraction(1, 48_000)
            out.mux(sound.encode(block))
        out.mux(picture.encode(None))
        out.mux(sound.encode(None))


def proportional() -> int:
    """Memory of this process in bytes: what it shares counts as its part."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def measure(path: Path, *, with_ring: bool) -> dict[str, float]:
    """Decode, in this process."""
    import gc

    from watchglass.media.clip import write_clip
    from watchglass.media.decode import Converter, DecodeOptions
    from watchglass.media.ring import PacketRing
    from watchglass.media.thumbnails import strip
    from watchglass.media.timeline import Timeline

    ring = PacketRing() if with_ring else None
    began = time.process_time()
    passed(path, with_ring=with_ring)
    told = {"passing": time.process_time() - began}
    began = time.process_time()
    for _ in Converter(DecodeOptions(ring=ring), Timeline()).items(str(path), label="a programme"):
        pass
    told["cpu"] = time.process_time() - began
    if ring is not None:
        chunks = [chunk for each in ring.chunks().values() for chunk in each]
        told["payload"] = sum(len(packet.data) for chunk in chunks for packet in chunk.packets)
        told["packets"] = sum(len(chunk.packets) for chunk in chunks)
        told["accounted"] = ring.bytes
        told["reach"] = ring.newest - min(chunk.pts for chunk in chunks)
        with tempfile.TemporaryDirectory() as folder:
            stop, began, wall = ring.newest - 2.0, time.process_time(), time.perf_counter()
            clip = write_clip(ring, Path(folder) / "clip.mp4", stop - 15.0, stop)
            told |= {"clip_cpu": time.process_time() - began, "clip_wall": time.perf_counter() - wall}
            told["clip_bytes"] = clip.bytes
            began = time.process_time()
            strip(clip, stop - 5.0)
            told["strip_cpu"] = time.process_time() - began
        del chunks, clip
        gc.collect()
        held = proportional()
        del ring
        gc.collect()
        told["held"] = held - proportional()
    return told


def passed(path: Path, *, with_ring: bool) -> None:
    """Demux alone, on to the ring: decoding is many times that, and its own variations are, too."""
    import av

    from watchglass.media.ring import PacketRing
    from watchglass.media.ring_recorder import recorded
    from watchglass.media.timeline import Timeline

    with av.open(str(path)) as container:
        streams = [container.streams.video[0], container.streams.audio[0]]
        tracks = {stream.index: f"{stream.type}:0" for stream in streams}
        timeline = Timeline()
        ring = PacketRing() if with_ring else None
        for packet in recorded(ring, container.demux(streams), tracks, timeline, 0.0):
            if packet.pts is not None:
                seconds = packet.pts / 90_000
                timeline.place(tracks[packet.stream_index], seconds, 0.04, wraps=True, tolerance=1.0)


def run(path: Path, *, with_ring: bool) -> dict[str, float]:
    """The same in a new process."""
    command = [sys.executable, __file__, "--measure", str(path), *(["--ring"] if with_ring else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--measure", type=Path, help="in this process")
    asked.add_argument("--ring", action="store_true")
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure, with_ring=given.ring)))
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "programme.ts"
        make(path)
        print(f"a minute of 1080p25, {path.stat().st_size * 8 / SECONDS / 1e6:.2f} Mb/s")
        pairs = [(run(path, with_ring=False), run(path, with_ring=True)) for _ in range(given.rounds)]
    without = statistics.median(each["cpu"] for each, _ in pairs)
    more = statistics.median(ringed["passing"] - bare["passing"] for bare, ringed in pairs)
    held = statistics.median(ringed["held"] for _, ringed in pairs)
    last = pairs[-1][1]
    print(f"decoding: {1000 * without / SECONDS:.1f} ms of CPU for a second")
    print(f"keeping: {1000 * more / SECONDS:.2f} ms more, {100 * more / without:.2f} % of that")
    print(
        f"the ring: {last['reach']:.1f} s, {last['packets']:.0f} packets, payload {last['payload'] / 1e6:.2f} MB, "
        f"accounted {last['accounted'] / 1e6:.2f} MB, of the process {held / 1e6:.2f} MB"
    )
    print(
        f"a clip: {last['clip_bytes'] / 1e6:.2f} MB, {last['clip_cpu']:.2f} s of CPU, {last['clip_wall']:.2f} s; "
        f"its strip: {last['strip_cpu']:.2f} s of CPU"
    )


if __name__ == "__main__":
    main()
