"""The rules of HLS playlists that are checked, by name (RFC 8216bis; the clause stands in brackets).

What a copy breaks is found out where playlists are read (``media/playlist_check.py``, ``media/ladder.py``); the
detectors ``transport.playlist_invalid`` and ``transport.ladder`` judge it.
"""

from watchglass.model.finding import Severity
from watchglass.model.rules import Rule

PLAYLIST = {
    # one copy
    "begins_otherwise": Rule("The playlist does not begin with #EXTM3U"),  # 4.1, 4.4.1.1
    "mixed": Rule("Tags of media playlists and of multivariant playlists stand in one"),  # 4.1
    "repeated": Rule("A tag stands there more than once that may only once"),  # 4.4.1.2, 4.4.3
    "version": Rule("What the playlist uses needs a higher EXT-X-VERSION", Severity.INFO),  # 8
    "target_duration_missing": Rule("EXT-X-TARGETDURATION is missing"),  # 4.4.3.1
    "target_duration_exceeded": Rule("A segment lasts longer than the target duration"),  # 4.4.3.1
    "duration_missing": Rule("A segment has no duration"),  # 4.4.4.1
    "attribute": Rule("An attribute is missing or not understood"),  # 4.2, 4.4.4, 4.4.6
    "date_jumps": Rule("The programme date-time does not go on with the media"),  # 4.4.4.6, 6.2.1
    "date_range": Rule("A date range contradicts itself"),  # 4.4.5.1
    "too_short": Rule("A live playlist holds less than three target durations", Severity.INFO),  # 6.2.2
    # low latency
    "part_duration_exceeded": Rule("A part lasts longer than the part target duration"),  # 4.4.4.9
    "part_target_missing": Rule("There are parts, and EXT-X-PART-INF is missing"),  # 4.4.3.7
    "hold_back": Rule("The server control does not keep its distances", Severity.INFO),  # 4.4.3.8
    # copy after copy
    "media_sequence_back": Rule("The media sequence went back"),  # 6.2.1
    "segment_renumbered": Rule("A segment has got another media sequence number"),  # 6.2.1
    "segment_replaced": Rule("Another segment stands under the same media sequence number"),  # 6.2.1
    "segment_removed": Rule("A segment was taken from the end or from the middle"),  # 6.2.1, 6.2.2
    "discontinuity_sequence": Rule("The discontinuity sequence does not count what was removed"),  # 4.4.3.3, 6.2.2
    "target_duration_changed": Rule("The target duration changed"),  # 6.2.1
    "ended_goes_on": Rule("A playlist goes on that had ended"),  # 6.2.1
    "event_removed": Rule("An EVENT or VOD playlist has lost segments"),  # 4.4.3.5
    # renditions
    "codecs_missing": Rule("A rendition does not name its codecs", Severity.INFO),  # 4.4.6.2
    "bandwidth_missing": Rule("A rendition does not name its bandwidth"),  # 4.4.6.2
    "group_missing": Rule("A rendition names a group that is not there"),  # 4.4.6.2
    "rendition_twice": Rule("Two members of a group have the same name"),  # 4.4.6.1.1
}

LADDER = {
    "unavailable": Rule("A rendition cannot be had"),
    "target_duration_differs": Rule("Renditions have different target durations"),  # 6.2.4
    "behind": Rule("A rendition is behind the others"),  # 6.2.4
    "ended_differs": Rule("A rendition has ended, and others have not"),  # 6.2.4
    "boundaries_differ": Rule("Segments do not begin at the same time in all renditions"),  # 6.2.4
    "discontinuities_differ": Rule("Renditions do not have the same discontinuities"),  # 6.2.4
    "duration_differs": Rule("Renditions are not of the same length"),  # 6.2.4
    "content_differs": Rule("Renditions do not show the same picture"),  # 6.2.4
}
