"""What a drill breaks, and what watchglass is to say about it: the one table to change when it learns to say more."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchglass.faults.bad_encoders import WRAPS_AT
from watchglass.faults.recipe import TransportRecipe
from watchglass.faults.recipes import RECIPES

WARM_UP = 20.0
"""Seconds of watching before the fault."""
LOSS = ("sync.timestamps", "audio.lost", "video.freeze", "video.corrupt", "video.stutter")
"""What is rightly told where media are missing."""
STALE, INVALID, FAILED, SLOW = (
    f"transport.{name}" for name in ("playlist_stale", "playlist_invalid", "segment_failed", "segment_slow")
)
STALL = "transport.stall"


@dataclass(frozen=True)
class Case:
    """A run of one server and one watcher."""

    name: str
    faults: tuple[str, ...]
    """As for ``--fault``."""
    must: tuple[str, ...] = ()
    """Detectors of which one has to alarm; none: nothing may."""
    may: tuple[str, ...] = ()
    """Those that may, besides."""
    after: float = 24.0
    """Seconds of watching after the fault."""
    is_udp: bool = False
    start_pts: float | None = None
    restarts: bool = False
    """The server is killed, and comes back."""
    least: str = "warning"
    """Severity from which on ``must`` counts."""


def _http(what: str, name: str, must: Sequence[str], may: Sequence[str] = (), seconds: float = 0.0) -> Case:
    lasts = seconds or (16.0 if what == "playlist" else 6.0)
    is_slow = what == "segment" and name in ("silent", "drip")  # each time-out takes as long as five segments
    lasts, after = (2.0, 60.0) if is_slow else (lasts, Case.after)
    return Case(f"{what}.{name}", (f"{what}.{name}@{WARM_UP:g}+{lasts:g}",), tuple(must), tuple(may), after)


def _encoder(name: str, must: Sequence[str] = (), may: Sequence[str] = (), seconds: float = 0.0) -> Case:
    lasts = f"+{seconds:g}" if seconds else ""
    after = 48.0 if INVALID in must else Case.after  # until no playlist lists it any more
    return Case(f"encoder.{name}", (f"encoder.{name}@{WARM_UP:g}{lasts}",), tuple(must), tuple(may), after)


def _signal(name: str, seconds: float, must: Sequence[str], may: Sequence[str] = ()) -> Case:
    return Case(name, (f"{name}@{WARM_UP:g}+{seconds:g}",), tuple(must), tuple(may))


def _transport(recipe: TransportRecipe) -> Case:
    detector = recipe.detector
    may = {
        "transport.ts_pid": ("transport.ts_pts", *LOSS),
        "transport.ts_programme": LOSS,
        "transport.ts_continuity": (*LOSS, "audio.click"),
        "transport.ts_sync_byte": ("transport.ts_continuity", *LOSS),
        "transport.ts_transport_error": ("transport.ts_continuity", *LOSS),
        "transport.ts_sync_loss": LOSS,
        "transport.ts_cat": LOSS,
        "transport.ts_pcr_discontinuity": LOSS,
    }.get(detector, ())
    return Case(
        f"udp {recipe.name}",
        (f"{recipe.name}@{WARM_UP:g}",),
        (detector,),
        tuple(may),
        is_udp=True,
        least="info" if detector == "transport.ts_programme" else "warning",
    )


_SILENT = (STALE, STALL)
_BAD_ANSWERS = ("404", "500", "silent", "drip", "cut", "reset", "overrun", "page", "bomb", "endless", "redirect")
CASES: tuple[Case, ...] = (
    Case("nothing", ()),
    Case("nothing (udp)", (), is_udp=True),
    _http("playlist", "stale", (STALE,)),
    *(_http("playlist", name, (FAILED, INVALID), _SILENT) for name in _BAD_ANSWERS),
    *(_http("playlist", name, (INVALID,), _SILENT) for name in ("rewind", "alternate", "restart", "target")),
    *(
        _http("segment", name, (FAILED, SLOW), (STALL, STALE, *LOSS))
        for name in _BAD_ANSWERS
        if name not in ("overrun", "endless")
    ),
    _http("segment", "endless", (), (FAILED, SLOW, STALL, STALE, *LOSS)),  # the media are whole: what follows is left
    *(_http("segment", name, (FAILED,), LOSS) for name in ("overrun", "truncated")),
    _http("segment", "slow", (SLOW, STALL), (FAILED, *LOSS), 12.0),
    _encoder("stall", (STALE,), (STALL,), 16.0),
    _encoder("gap", (INVALID, *LOSS), _SILENT),
    _encoder("long", (INVALID,), (STALE, STALL, SLOW)),
    _encoder("clock", (INVALID,)),
    _encoder("restart"),
    _encoder("restart:untagged", ("sync.timestamps",), LOSS),
    _encoder("wrap:6"),
    Case("wraps twice", (f"encoder.wrap:6@{WARM_UP:g}",), start_pts=WRAPS_AT - 10.0),
    Case("wraps (udp)", (), start_pts=WRAPS_AT - 10.0, is_udp=True),
    Case("stall (udp)", (f"encoder.stall@{WARM_UP:g}+10",), (STALL,), is_udp=True),
    Case("server killed", (), (FAILED,), (STALE, STALL, INVALID, *LOSS), restarts=True, after=60.0),
    _signal("video.black", 3.0, ("video.black",), ("video.freeze",)),
    _signal("video.freeze", 4.0, ("video.freeze",)),
    _signal("audio.silence:-90", 4.0, ("audio.silence",), ("audio.lost", "video.freeze")),
    _signal("audio.lost", 4.0, ("audio.lost",), LOSS),
    *(_transport(recipe) for recipe in RECIPES.values() if isinstance(recipe, TransportRecipe)),
)
