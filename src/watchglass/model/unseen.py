"""What the light tier promises: for how long a defect may go unseen where only key frames are decoded."""

from typing import Any

from watchglass.model.detector import Detector, Settings


def key_frames_unseen(detector: type[Detector[Any]], settings: Settings | None = None) -> int | None:
    """Key-frame intervals for which a defect may go unseen in the light tier, beyond what it takes in the full one.

    Args:
        detector: Of a defect.
        settings: Its settings; the defaults where not given.

    Returns:
        0 where light sees as much as full, None where the defect is not watched in light; else the number of intervals,
        of which a defect that is shorter may never be seen.
    """
    if detector.needs_every_picture:
        return None
    if detector.kind != "video":
        return 0
    chosen = settings or detector.settings_type()
    return 2 if getattr(chosen, "open_after", 0.0) > 0.0 else 1  # two must show it where one alone is not enough
