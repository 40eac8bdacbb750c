"""Playlist invalid: an HLS playlist breaks a rule.

## What it measures
For each copy of a playlist, a reading by the name of each rule that it breaks: how often; and `checked`, how many in
all. The rules, by name: `begins_otherwise`, `mixed`, `repeated`, `version`, `target_duration_missing`,
`target_duration_exceeded`, `duration_missing`, `attribute`, `date_jumps`, `date_range`, `too_short`; of low latency
`part_duration_exceeded`, `part_target_missing`, `hold_back`; beside the copy before `media_sequence_back`,
`segment_renumbered`, `segment_replaced`, `segment_removed`, `discontinuity_sequence`, `target_duration_changed`,
`ended_goes_on`, `event_removed`; of the list of renditions `codecs_missing`, `bandwidth_missing`, `group_missing`,
`rendition_twice`.

## Why it matters
Players differ in what they forgive: what one plays, another one stops at, jumps back, or buffers for ever.

## Opens and closes
Each rule that a copy breaks is a finding, named by its `reason`. It closes when copies have kept the rule for
`close_after`, dated back. What players cope with is information, as the table of the rules says.

## Blind spots
Whether what the playlist says of the segments is true. Rules about bitrates. What changes between two loads.

## Sources
- RFC 8216bis (draft-pantos-hls-rfc8216bis), 4 and 6.2; the clause of each rule stands beside its name in the source.
"""

from typing import ClassVar

from watchglass.model.detector import Status
from watchglass.model.playlist_rules import PLAYLIST
from watchglass.model.rules import Rules, RulesSettings


class PlaylistInvalidSettings(RulesSettings):
    """Which rules this stream need not keep."""

    rules: ClassVar = PLAYLIST


class PlaylistInvalid(Rules):
    """See the module's text."""

    name = "transport.playlist_invalid"
    status = Status.PROVISIONAL
    settings_type = PlaylistInvalidSettings
    settings: PlaylistInvalidSettings
    of = "hls"
