"""Files as they are read to be changed: what is in them, and their packets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import av
from av.container import InputContainer
from av.stream import Disposition

from watchglass.model.errors import NotFoundError, NotMediaError


class Container(Protocol):
    """Where packets come from."""

    def demux(self, stream: Any, /) -> Iterator[Any]:
        """Those of a track, in the order in which they are decoded; an empty one asks for what is still held."""
        ...


def opened(path: Path) -> InputContainer:
    """The file.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        return av.open(str(path))
    except FileNotFoundError as exc:
        raise NotFoundError(f"{path}: there is no such file") from exc
    except (av.FFmpegError, OSError) as exc:
        raise NotMediaError(f"{path}: not audio or video that can be read") from exc


def is_wanted(stream: Any) -> bool:
    """Whether it is a picture or sound that can be decoded, and no cover of an album."""
    if stream.type not in ("video", "audio") or stream.codec_context is None:
        return False
    return not stream.disposition & Disposition.attached_pic


def zero_of(container: InputContainer) -> float:
    """Where its timeline begins, in seconds."""
    return (container.start_time or 0) / av.time_base


def demuxed(container: Container, streams: Any) -> Iterator[Any]:
    """The packets of a track, or of a list of them."""
    try:
        yield from container.demux(streams)
    except IndexError:  # PyAV (18.1), at the end of a transport stream in which a stream appeared later
        return
