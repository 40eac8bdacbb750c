"""CAT: packets are scrambled, and no table says how.

## What it measures
`cat` (1): whether packets were scrambled in each half second, and no conditional access table had come for ten seconds.

## Why it matters
A receiver cannot find the messages that entitle it, and shows nothing although it has paid.

## Opens and closes
Opens with the first such half second. Closes when it has been well for `close_after`, dated back.

## Blind spots
Systems that need no such table, such as BISS.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.2, 2.6.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsCatSettings(IndicatorSettings):
    """Thresholds of `transport.ts_cat`."""

    open_at: Judged[Count] = 1
    """1: tell it."""


class TsCat(Indicator):
    """See the module's text."""

    name = "transport.ts_cat"
    status = Status.PROVISIONAL
    settings_type = TsCatSettings
    settings: TsCatSettings
    limits: ClassVar = {"cat": Bound("open_at")}
    watches: ClassVar = {
        "cat": "Packets are scrambled",
    }
