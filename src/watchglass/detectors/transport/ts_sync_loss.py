"""Sync loss: the packets of a transport stream can no longer be told apart.

## What it measures
`sync_loss` (packets): what fits into the bytes that were out of step in each half second of the stream. It is out of
step after two packets in a row without their sync byte, and in step again with five in a row that have it.

## Why it matters
Without step there is no packet, and so no picture, no sound and no table.

## Opens and closes
Opens with the first half second in which bytes were out of step. Closes when it has been well for `close_after`, dated
back.

## Blind spots
Packets of which the first byte only is wrong are `transport.ts_sync_byte`.

## Sources
- ETSI TR 101 290 v1.4.1, 5.2.1, 1.1.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.finding import Severity
from watchglass.model.indicator import Indicator, IndicatorSettings
from watchglass.model.limits import Bound
from watchglass.model.units import Count, Judged


class TsSyncLossSettings(IndicatorSettings):
    """Thresholds of `transport.ts_sync_loss`."""

    open_at: Judged[Count] = 1
    """How many packets fit into what was out of step."""


class TsSyncLoss(Indicator):
    """See the module's text."""

    name = "transport.ts_sync_loss"
    status = Status.PROVISIONAL
    settings_type = TsSyncLossSettings
    settings: TsSyncLossSettings
    limits: ClassVar = {"sync_loss": Bound("open_at")}
    watches: ClassVar = {
        "sync_loss": "The stream was out of step for as many bytes as {value} packets have",
    }
    severity = Severity.CRITICAL
