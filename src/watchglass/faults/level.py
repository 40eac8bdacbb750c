"""The four levels of a defect, as viewers rate them."""

from enum import StrEnum


class Level(StrEnum):
    """How much of it a viewer notices."""

    VERY_NOTICEABLE = "very-noticeable"
    NOTICEABLE = "noticeable"
    SUBTLE = "subtle"
    VERY_SUBTLE = "very-subtle"
