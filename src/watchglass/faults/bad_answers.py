"""Answers of a server that fails, lies, dawdles, or never ends: each takes a good one and gives a bad one."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import repeat

from watchglass.faults.live_fault import AnswerFault, Moment
from watchglass.faults.server import Answer, whole

_STEP = 0.1
"""Seconds between two pieces of what comes slowly."""
_ZEROS = bytes(1 << 20)
_PAGE = b"<!doctype html>\n<html><head><title>Please log in</title></head><body>Please log in.</body></html>\n"


def refuse(status: int, answer: Answer, moment: Moment) -> Answer:
    """An error instead."""
    return whole(b"sorry\n", "text/plain", status=status)


def silent(answer: Answer, moment: Moment) -> Answer:
    """Not a byte for ``strength`` seconds, then the answer."""
    return replace(answer, delay=moment.strength)


def drip(answer: Answer, moment: Moment) -> Answer:
    """``strength`` bytes a second."""
    return replace(answer, body=_paced(answer, moment, moment.strength))


def slow(answer: Answer, moment: Moment) -> Answer:
    """The body takes ``strength`` times as long as the segment lasts."""
    seconds = max(_STEP, moment.strength * moment.seconds)
    return replace(answer, body=_paced(answer, moment, (answer.length or 0) / seconds))


def _paced(answer: Answer, moment: Moment, rate: float) -> Iterator[bytes]:
    """The body at so many bytes a second."""
    data, size = b"".join(answer.body), max(1, round(rate * _STEP))
    for at in range(0, len(data), size):
        if at and moment.wait(_STEP * max(1.0, 1.0 / (rate * _STEP))):
            return
        yield data[at : at + size]


def cut(answer: Answer, moment: Moment) -> Answer:
    """The connection is closed after a share of what the length promises."""
    return replace(answer, body=[_share(answer, moment)], ends="cut")


def reset(answer: Answer, moment: Moment) -> Answer:
    """The connection is reset after a share of the body."""
    return replace(answer, body=[_share(answer, moment)], ends="reset")


def truncate(answer: Answer, moment: Moment) -> Answer:
    """A share of it, and the length says so: a file that was not written to its end."""
    data = _share(answer, moment)
    return replace(answer, body=[data], length=len(data))


def overrun(answer: Answer, moment: Moment) -> Answer:
    """More bytes come than the length promises."""
    return replace(answer, length=len(_share(answer, moment)), ends="cut")


def _share(answer: Answer, moment: Moment) -> bytes:
    data = b"".join(answer.body)
    return data[: round(len(data) * moment.strength)]


def page(answer: Answer, moment: Moment) -> Answer:
    """A web page, and it says that all is well."""
    return whole(_PAGE, "text/html")


def bomb(answer: Answer, moment: Moment) -> Answer:
    """Zeros, packed: a kilobyte of it is a megabyte."""
    return replace(answer, body=_packed(round(moment.strength)), length=None, headers={"Content-Encoding": "gzip"})


def _packed(megabytes: int) -> Iterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(megabytes):
        piece = packer.compress(_ZEROS)
        if piece:
            yield piece
    yield packer.flush()


def endless(answer: Answer, moment: Moment) -> Answer:
    """The answer goes on with more and more, and never ends."""

    def body() -> Iterator[bytes]:
        yield from answer.body
        yield from repeat(b"#" * 8192)

    return replace(answer, body=body(), length=None)


def redirect(answer: Answer, moment: Moment) -> Answer:
    """It is to be found where nobody should go."""
    return whole(b"", "text/plain", status=302, headers={"Location": moment.canary})


_BOTH: tuple[tuple[str, str, str, float, Callable[[Answer, Moment], Answer]], ...] = (
    ("404", "is not there (HTTP 404)", "1", 1.0, partial(refuse, 404)),
    ("500", "fails (HTTP 500)", "1", 1.0, partial(refuse, 500)),
    ("silent", "does not come for so many seconds", "s", 30.0, silent),
    ("drip", "comes at so many bytes a second", "bytes/s", 100.0, drip),
    ("cut", "ends after this share of what its length promises", "share", 0.5, cut),
    ("reset", "ends with a reset after this share", "share", 0.5, reset),
    ("overrun", "is longer than its length, which promises this share", "share", 0.5, overrun),
    ("page", "is a web page", "1", 1.0, page),
    ("bomb", "is so many megabytes of zeros, packed", "MB", 1000.0, bomb),
    ("endless", "never ends", "1", 1.0, endless),
    ("redirect", "is to be fetched from a canary's address", "1", 1.0, redirect),
)
FAULTS = (
    *(
        AnswerFault(f"{what}.{name}", f"the {what} {about}", unit, strength, seconds, apply)
        for what, seconds in (("playlist", 15.0), ("segment", 6.0))
        for name, about, unit, strength, apply in _BOTH
    ),
    AnswerFault("segment.truncated", "the segment is only this share of itself", "share", 0.5, 6.0, truncate),
    AnswerFault("segment.slow", "the segment takes so many times as long as it lasts", "times", 1.5, 10.0, slow),
)
