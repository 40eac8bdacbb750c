"""MPD invalid: a DASH manifest breaks a rule.

## What it measures
For each copy of a manifest, a reading by the name of each rule that it breaks: how often; and `checked`, how many in
all. The rules, by name: `attribute`, `identifier_repeated`, `codecs_missing`, `addressing_missing`,
`duration_missing`, `duration_differs`, `period_hole`, `period_overlap`, `period_short`, `timeline_hole`,
`timeline_overlap`, `boundaries_differ`, `max_segment_duration_exceeded`, `buffer_time`, `clock_missing`; beside the
copy before `publish_time_back`, `availability_start_changed`, `time_back`, `segment_changed`, `segment_renumbered`,
`period_changed`, `representation_removed`; beside the clock `segment_missing`.

## Why it matters
A player works out from the manifest alone what to ask for and when: what is written wrongly is asked for in vain, too
early, twice or never.

## Opens and closes
Each rule that a copy breaks is a finding, named by its `reason`. It closes when copies have kept the rule for
`close_after`, dated back. `codecs_missing`, `buffer_time` and `clock_missing` are information: players cope.

## Blind spots
Whether the media keep what the manifest promises: times within segments, bitrates. What is left of a manifest that is
kept elsewhere (xlink). What changes between two loads.

## Sources
- ISO/IEC 23009-1:2022, 5.3 (the elements) and 5.4 (updates); DASH-IF, Guidelines for Implementation: Interoperability
  Points (IOP), version 4.3. The clause of each rule stands beside its name in the source.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.manifest_rules import MANIFEST
from watchglass.model.rules import Rules, RulesSettings


class MpdInvalidSettings(RulesSettings):
    """Which rules this stream need not keep."""

    rules: ClassVar = MANIFEST


class MpdInvalid(Rules):
    """See the module's text."""

    name = "transport.mpd_invalid"
    status = Status.PROVISIONAL
    settings_type = MpdInvalidSettings
    settings: MpdInvalidSettings
    of = "dash"
