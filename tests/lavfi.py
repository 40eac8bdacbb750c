"""Media from recipes in FFmpeg's filter language, through real encoders: another maker of defects than our own."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2

RATE, SOUND = 25, 48_000


def made(path: Path, case: dict[str, Any], sources: dict[str, str]) -> Path:
    """Write what a case says: ``video`` and ``audio`` are filter graphs, in which ``{name}`` stands for a source.

    ``damage`` is a bitstream filter for the coded pictures.
    """
    graphs = [case[kind].format(**sources).replace("\n", "") for kind in ("video", "audio") if kind in case]
    text = ";".join(f"{graph}[out{number}]" for number, graph in enumerate(graphs))
    with av.open(text, format="lavfi") as source, av.open(str(path), "w") as out:
        writers = [_sound(out, each) if each.type == "audio" else _picture(out, each) for each in source.streams]
        out.start_encoding()
        damage = av.bitstream.BitStreamFilterContext(case["damage"], writers[0]) if "damage" in case else None
        for packet in source.demux():
            stream = writers[packet.stream.index]
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frame = frame.reformat(format="yuv420p")
                    frame.pict_type = av.video.frame.PictureType.NONE  # else each is a key frame
                for coded in stream.encode(frame):
                    out.mux(damage.filter(coded) if damage and stream.type == "video" else coded)
        for stream in writers:
            out.mux(stream.encode(None))
    return path


def _picture(out: Any, stream: Any) -> Any:
    written = out.add_stream("libx264", rate=RATE, options={"preset": "fast", "threads": "1", "crf": "20"})
    written.width, written.height, written.pix_fmt = stream.width, stream.height, "yuv420p"
    written.codec_context.time_base = Fraction(1, RATE)
    return written


def _sound(out: Any, stream: Any) -> Any:
    written = out.add_stream("aac", rate=SOUND, layout=stream.layout.name)
    written.codec_context.bit_rate = 192_000
    return written


def card(path: Path, graph: str, sources: dict[str, str]) -> Path:
    """The first picture of a filter graph, as PNG."""
    with av.open(graph.format(**sources), format="lavfi") as source:
        cv2.imwrite(str(path), next(source.decode(video=0)).to_ndarray(format="bgr24"))
    return path
