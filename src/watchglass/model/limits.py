"""The thresholds of readings, as data: what a chart draws and a reader compares with."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel


class Limit(NamedTuple):
    """A value at which a reading becomes bad."""

    value: float
    """In the unit of the reading."""
    bad: Literal["above", "below"]
    name: str
    """Of the setting, or of the delivery profile that asks for it."""
    meaning: str = ""
    """A sentence."""

    def is_reached_by(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Which of the values are bad; those that are not a number are not."""
        numbers = np.asarray(values)
        reached: NDArray[np.bool_] = numbers >= self.value if self.bad == "above" else numbers <= self.value
        return reached


class Bound(NamedTuple):
    """Names the setting that is the threshold of a reading."""

    setting: str
    bad: Literal["above", "below", "beyond"] = "above"
    """``beyond``: above it, or below its negative."""

    def limits(self, settings: BaseModel) -> tuple[Limit, ...]:
        """The thresholds as they are set."""
        value = float(getattr(settings, self.setting))
        meaning = " ".join((type(settings).model_fields[self.setting].description or "").split())
        if self.bad == "beyond":
            return (
                Limit(value, "above", self.setting, meaning),
                Limit(-value, "below", self.setting, meaning),
            )
        return (Limit(value, self.bad, self.setting, meaning),)
