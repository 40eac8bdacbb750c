"""Does memory grow with the length of the media? `make bench-memory`.

Examines the same programme of two minutes once and sixty times over, with record, curves and pictures as
`watchglass check --html` keeps them, each in a process of its own, and prints the peak of both.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 120


def make(path: Path) -> None:
    """Two minutes of the demo's channel, small, with a freeze, a black and a silence."""
    from watchglass.faults.channel import write_clip
    from watchglass.faults.defects import Defect, Kind

    defects = [Defect(Kind.FREEZE, 20.0, 4.0), Defect(Kind.BLACK, 50.0, 3.0), Defect(Kind.SILENCE, 80.0, 4.0)]
    write_clip(path, SECONDS, defects, size=(320, 180))


def repeat(source: Path, target: Path, times: int) -> None:
    """The same packets again and again, with timestamps that go on."""
    import av

    with av.open(str(target), "w") as out:
        with av.open(str(source)) as first:
            streams = [out.add_stream_from_template(stream) for stream in first.streams]
        for turn in range(times):
            with av.open(str(source)) as again:
                for packet in again.demux():
                    if packet.dts is None:
                        continue
                    shift = round(turn * SECONDS / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)


def peak() -> float:
    """Peak resident memory of this process, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def examine(path: str) -> None:
    """Examine a file as `check --html` does, and print the peak."""
    import av

    from watchglass.config.examine import Plan
    from watchglass.config.examine import examine as program
    from watchglass.model.report import RunReport
    from watchglass.reports import html, json_report

    before = peak()
    with av.open(path) as container:
        next(container.demux())
    index = peak() - before
    began = time.perf_counter()
    report = program(path, Plan(threads=1), lambda finding: None, lambda reached, whole: None)
    watched = peak()
    whole = RunReport(files=(report,))
    size = len(html.render(whole)) + len(json_report.dumps(whole))
    print(
        f"{report.duration:8.0f} s of media: peak {watched:6.1f} MB, {peak():6.1f} MB with both reports written "
        f"(FFmpeg's own index of the file: {index:.1f} MB); {len(report.findings)} findings, "
        f"reports {size / 1e6:.1f} MB, "
        f"{time.perf_counter() - began:.0f} s",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    if len(sys.argv) > 1:
        examine(sys.argv[1])
        return
    with tempfile.TemporaryDirectory() as name:
        short, long = Path(name) / "short.mp4", Path(name) / "long.mp4"
        make(short)
        repeat(short, long, 60)
        for path in (short, long):
            subprocess.run([sys.executable, __file__, str(path)], check=True)
    print("reach: two hours need at most 20 MB more than two minutes")


if __name__ == "__main__":
    main()
