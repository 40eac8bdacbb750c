"""The one place that knows every concrete class: from settings to a crew of detectors and an open source."""

from collections.abc import Sequence
from typing import Any

from watchglass.config.settings import Config
from watchglass.detectors import broken, known, load
from watchglass.model.detector import Detector, Status
from watchglass.model.errors import UsageError
from watchglass.model.media import Track
from watchglass.monitor.context import EXPLAINS
from watchglass.monitor.watch import Hire


def chosen(names: Sequence[str]) -> list[str]:
    """Detector ids from what a user wrote: ids, families (`video`), `default`, `all`, and `-id` to leave one out.

    Raises:
        UsageError: A name is neither.
    """
    everything = known()
    picked: set[str] = set()
    if all(name.startswith("-") for name in names):
        names = ["default", *names]
    for name in names:
        leave_out, bare = name.startswith("-"), name.removeprefix("-")
        if bare == "all":
            meant = set(everything) - broken().keys()
        elif bare == "default":
            whole = set(everything) - broken().keys()
            meant = {each for each in whole if load(each).status is not Status.PREVIEW}
        else:
            meant = {each for each in everything if each == bare or each.startswith(f"{bare}.")}
        if not meant:
            raise UsageError(f"there is no detector {bare!r}; `watchglass detectors` lists them")
        picked = picked - meant if leave_out else picked | meant
    return [name for name in everything if name in picked]


def crew(config: Config, names: Sequence[str] | None = None) -> Hire:
    """What the loop hires from: each chosen detector with its settings, for the tracks of its kind."""
    # What explains others is asked first, so that nothing is an alarm for a moment that is explained in the next one.
    classes = sorted(map(load, chosen(names or config.watch)), key=lambda each: each.name not in EXPLAINS)
    settings = {each.name: config.settings_of(each.name) for each in classes}
    delivery = config.delivery_profile

    def hire(track: Track | None) -> Sequence[Detector[Any]]:
        kinds = (None,) if track is None else (track.kind,) if track.kind == "captions" else ("any", track.kind)
        sees_motion = track is None or not track.has_key_frames_only
        hired = [each for each in classes if each.kind in kinds and (sees_motion or not each.needs_every_picture)]
        return [each(settings[each.name], track, delivery) for each in hired]

    return hire
