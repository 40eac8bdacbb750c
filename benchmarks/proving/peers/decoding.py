"""The frames of a file as a peer sees them."""

from collections.abc import Iterator
from pathlib import Path

import av


def frames(path: Path, *media: str) -> Iterator[av.VideoFrame | av.AudioFrame]:
    """Decoded frames of the first track of each kind, their times from the first picture or sample of the file.

    A packet that is broken is passed over, as FFmpeg's own tools do; what has no time is, too: nobody could say when
    it was.

    Args:
        path: The file.
        media: ``video``, ``audio``.
    """
    with av.open(str(path)) as container:
        begins = (container.start_time or 0) / av.time_base
        tracks = [tracks[0] for kind in media if (tracks := getattr(container.streams, kind))]
        for packet in container.demux(tracks) if tracks else ():
            for frame in _decoded(packet):
                if frame.pts is not None and frame.time_base is not None:
                    frame.pts -= round(begins / frame.time_base)
                    yield frame


def _decoded(packet: av.Packet) -> list[av.VideoFrame | av.AudioFrame]:
    try:
        return packet.decode()
    except av.FFmpegError:
        return []
