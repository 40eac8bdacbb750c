"""CRC: tables of a transport stream are broken.

## What it measures
`crc` (sections): those of the tables of programmes, of their maps and of conditional access, in each half second, whose
checksum is wrong.

## Why it matters
A receiver throws such a table away; where it comes again it is a delay, where it does not there is no picture.

## Opens and closes
Opens with the first such section. Closes when it has been well for `close_after`, dated back.

## Blind spots
Tables of the network, of services and of events are not read.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.2, 2.2.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsCrcSettings(IndicatorSettings):
    """Thresholds of `transport.ts_crc`."""

    open_at: Judged[Count] = 1
    """How many such sections in half a second."""


class TsCrc(Indicator):
    """See the module's text."""

    name = "transport.ts_crc"
    status = Status.PROVISIONAL
    settings_type = TsCrcSettings
    settings: TsCrcSettings
    limits: ClassVar = {"crc": Bound("open_at")}
    watches: ClassVar = {
        "crc": "Broken tables: {value}",
    }
