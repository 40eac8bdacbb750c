"""Opening a container: with the limits that hold before anything is known, and no other file."""

from collections.abc import Mapping
from contextlib import ExitStack
from io import FileIO
from typing import Any, NamedTuple

import av
from av.container import InputContainer

from watchglass.media.pulse import Pulse
from watchglass.media.readable import Readable as Readable
from watchglass.model.errors import NotMediaError

_TEXT = ("tty", "bin", "xbin", "adf", "idf")
"""What FFmpeg draws as a picture, by the ending of a name alone: characters."""

_HEADLESS = ("flv",)
"""Formats that are known to take no options for streams that are yet to appear."""
_FEW = "8"
"""Pictures from which their rate is guessed where the stream comes at the pace at which it plays."""


class Remote(NamedTuple):
    """What FFmpeg itself connects to: nothing but an end of ours on this machine."""

    url: str
    protocols: str
    """Those that it may open, with commas."""
    options: Mapping[str, str]
    """Of the demuxer."""


def open_container(
    file: Readable | Remote | str,
    label: str,
    format: str | None,
    max_pixels: int,
    opened: ExitStack,
    probed: float | None = None,
    secrets: Mapping[str, str] | None = None,
    pulse: Pulse | None = None,
) -> InputContainer:
    """Open a container, and nothing that it names.

    Args:
        file: A path, something to read from, or an end of ours to connect to.
        label: What messages call it.
        format: FFmpeg's name of the format, or None to find out.
        max_pixels: The largest picture that is decoded.
        opened: What is to be closed with it.
        probed: Seconds that may be read to find out what there is; as FFmpeg has it where not given.
        secrets: Options of the demuxer for what is encrypted (``decryption_key``, ``decryption_keys``).
        pulse: Is told while a path is read.

    Raises:
        NotMediaError: It is none.
    """
    limits: Any = {"max_pixels": str(max_pixels)}
    # Opened by ourselves, so that nothing inside a file can name another one to be opened; nor by FFmpeg, where
    # it opens what a file names (ffconcat) without asking.
    first: Any = {**limits, "protocol_whitelist": "none", **(secrets or {})}
    if probed is not None:
        first["analyzeduration"] = str(round(probed * 1e6))
        if format in ("flv", "rtsp"):
            first["fpsprobesize"] = _FEW
    # Titles in an old encoding are no reason to refuse what they belong to.
    how: Any = {"format": format, "options": first, "metadata_errors": "replace"}
    bound: Any = {"stream_options": [limits] * 64}
    target: Any = file
    if isinstance(file, Remote):
        target = file.url
        first.update(file.options, protocol_whitelist=file.protocols)
    if isinstance(file, str):  # a name that is not UTF-8 has another one there
        target = file.encode(errors="replace").decode()
        how["io_open"] = _only(file, target, opened, pulse)
    try:
        try:  # the probe decodes, too, and must know the limit
            container = av.open(target, **how, **({} if format in _HEADLESS else bound))
        except ValueError:  # formats without a header take no options for streams that are yet to appear
            if not isinstance(file, str):
                raise
            container = av.open(target, **how)
    except (av.FFmpegError, ValueError, EOFError, OSError) as exc:
        raise NotMediaError(f"{label}: {why(exc)}") from exc
    assert isinstance(container, InputContainer)
    if container.format.name in _TEXT:
        container.close()
        raise NotMediaError(f"{label}: not audio or video that can be read (it is text)")
    return container


def _only(path: str, name: str, opened: ExitStack, pulse: Pulse | None) -> Any:
    """Opens this one file, by the name that FFmpeg knows it by, and no other; PyAV (18.1) does not close it."""

    def io_open(url: str, flags: int, options: object) -> Any:
        if url != name:
            raise PermissionError(f"a media file may not open other files: {url}")
        file = opened.enter_context(FileIO(path))
        return file if pulse is None else pulse.reading(file)

    return io_open


def why(exc: Exception) -> str:
    """An FFmpeg error in a person's words."""
    if isinstance(exc, av.error.InvalidDataError):
        return "not audio or video that can be read (invalid data)"
    if isinstance(exc, EOFError):
        return "ends before any audio or video begins"
    return f"not audio or video that can be read ({getattr(exc, 'strerror', None) or exc})"
