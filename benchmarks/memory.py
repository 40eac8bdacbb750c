"""Does memory grow with the length of the media? `make bench-memory`.

Examines a programme of two minutes with three defects, and the same with the clean programme fifty-nine times after it,
with `watchglass check --html --json`, and prints the peak of both: of the command and its worker together.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 120
EVERY = 0.05
"""Seconds between two looks at the memory of a command."""


def make(path: Path, *, clean: bool = False) -> None:
    """Two minutes of the demo's channel, small, with a freeze, a black and a silence unless it is to be clean."""
    from watchglass.faults.channel import write_clip
    from watchglass.faults.defects import Defect, Kind

    defects = [Defect(Kind.FREEZE, 20.0, 4.0), Defect(Kind.BLACK, 50.0, 3.0), Defect(Kind.SILENCE, 80.0, 4.0)]
    write_clip(path, SECONDS, [] if clean else defects, size=(320, 180))


def join(parts: list[Path], target: Path) -> None:
    """The packets of one part after those of the other, with timestamps that go on."""
    import av

    with av.open(str(target), "w") as out:
        with av.open(str(parts[0])) as first:
            streams = [out.add_stream_from_template(stream) for stream in first.streams]
        for turn, part in enumerate(parts):
            with av.open(str(part)) as again:
                for packet in again.demux():
                    if packet.dts is None:
                        continue
                    shift = round(turn * SECONDS / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)


def peak(command: list[str]) -> float:
    """Run a command; the most memory that it and its workers held together, shared pages once, in MB."""
    most = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, held(process.pid))
            time.sleep(EVERY)
    return most


def held(pid: int) -> float:
    """Memory of a process and its workers now, in MB: of what they share each its part, of libraries the most."""
    own, libraries = 0.0, 0.0
    for each in (pid, *workers(pid)):
        try:
            shares = Path(f"/proc/{each}/smaps_rollup").read_text()
            status = Path(f"/proc/{each}/status").read_text()
        except OSError:  # it has ended meanwhile
            continue
        own += kilobytes(shares, "Pss_Anon:") / 1024
        libraries = max(libraries, kilobytes(status, "RssFile:") / 1024)
    return own + libraries


def workers(pid: int) -> list[int]:
    """The children of a process."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kilobytes(lines: str, name: str) -> int:
    """A value of a file such as /proc/PID/status; 0 where it is not told, as of a process that ends."""
    return next((int(line.split()[1]) for line in lines.splitlines() if line.startswith(name)), 0)


def examine(path: Path) -> float:
    """Examine a file with `check --html --json`; print and return the peak in MB."""
    page, report = path.with_suffix(".html"), path.with_suffix(".json")
    command = [sys.executable, "-m", "watchglass", "check", "-q", str(path), "--threads", "1"]
    began = time.perf_counter()
    most = peak([*command, "--html", str(page), "--json", str(report)])
    told = json.loads(report.read_text())
    size = page.stat().st_size + report.stat().st_size
    print(
        f"{told['duration']:8.0f} s of media: peak {most:6.1f} MB; {len(told['findings'])} findings, "
        f"reports {size / 1e6:.1f} MB, {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    return most


def index(path: Path) -> float:
    """What FFmpeg holds of a file's index while it is open, in MB."""
    program = (
        "import sys, av; from watchglass.supervisor.process import return_large_memory as settle; settle();"
        "held = lambda: int(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1]);"
        "before = held(); file = av.open(sys.argv[1]); print(held() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        short, clean, long = (Path(name) / f"{each}.mp4" for each in ("short", "clean", "long"))
        make(short)
        make(clean, clean=True)
        join([short] + [clean] * 59, long)
        more = -examine(short) + examine(long)
        indices = index(long) - index(short)
    print(f"two hours need {more:.1f} MB more than two minutes, of which FFmpeg's index of the file {indices:.1f} MB")
    print("reach: at most 20 MB more")


if __name__ == "__main__":
    main()
