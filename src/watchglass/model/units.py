"""The quantities of the field, and what a setting shapes.

A setting is written ``Judged[Seconds]`` or ``Measured[Share]``: the quantity carries unit and range, the wrapper
says whether it shapes the measurement (needs the pixels again) or only the judgement (can be re-judged from
stored readings).
"""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import Field


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit in which a quantity is written, for documents and messages."""

    symbol: str


@dataclass(frozen=True, slots=True)
class Shapes:
    """What changing a setting changes: ``"measurement"`` or ``"judgement"``."""

    what: str


Seconds = Annotated[float, Unit("s"), Field(ge=0.0, le=86_400.0)]
Share = Annotated[float, Unit("1"), Field(ge=0.0, le=1.0)]
"""A part of a whole: 0 nothing, 1 all of it."""
FullScale = Annotated[float, Unit("fraction of full scale"), Field(ge=0.0, le=1.0)]
CodeValues = Annotated[float, Unit("8-bit code values"), Field(ge=0.0, le=255.0)]
Dbfs = Annotated[float, Unit("dBFS"), Field(ge=-200.0, le=0.0)]
Decibels = Annotated[float, Unit("dB"), Field(ge=0.0, le=200.0)]
Lufs = Annotated[float, Unit("LUFS"), Field(ge=-70.0, le=10.0)]
Lu = Annotated[float, Unit("LU"), Field(ge=0.0, le=80.0)]
Dbtp = Annotated[float, Unit("dBTP"), Field(ge=-70.0, le=20.0)]
Octaves = Annotated[float, Unit("octaves"), Field(ge=0.0, le=10.0)]
Factor = Annotated[float, Unit("times"), Field(ge=0.0, le=1_000.0)]
Count = Annotated[int, Unit("1"), Field(ge=0, le=1_000_000)]
Bits = Annotated[int, Unit("bits"), Field(ge=0, le=64)]
Names = Annotated[tuple[str, ...], Unit("names")]
PerSecond = Annotated[float, Unit("1/s"), Field(ge=0.0, le=1_000_000.0)]

T = TypeVar("T")
Measured = Annotated[T, Shapes("measurement")]
Judged = Annotated[T, Shapes("judgement")]
