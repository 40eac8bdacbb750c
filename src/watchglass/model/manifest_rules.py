"""The rules of DASH manifests that are checked, by name (ISO/IEC 23009-1:2022; the clause stands in brackets).

What a copy breaks is found out where manifests are read (``media/mpd_check.py``, ``media/mpd_history.py``); the
detector ``transport.mpd_invalid`` judges it. "IOP": DASH-IF's guidelines for interoperability ask for it, too.
"""

from watchglass.model.finding import Severity
from watchglass.model.rules import Rule

MANIFEST = {
    # one copy
    "attribute": Rule("An attribute is missing or not understood"),  # 5.3.1.2, 5.3.2.2, 5.3.5.2, 5.3.9.2.2
    "identifier_repeated": Rule("An identifier is used twice"),  # 5.3.2.2, 5.3.3.2, 5.3.5.2
    "codecs_missing": Rule("A representation does not name its codecs", Severity.INFO),  # 5.3.7.2; IOP
    "addressing_missing": Rule("A representation does not say where its segments are"),  # 5.3.9.1
    "duration_missing": Rule("Nothing says how long the presentation is"),  # 5.3.1.2
    "duration_differs": Rule("The presentation is not as long as its periods"),  # 5.3.1.2
    "period_hole": Rule("There is a hole between two periods"),  # 5.3.2.1; IOP
    "period_overlap": Rule("A period begins before the one before it ends"),  # 5.3.2.1
    "period_short": Rule("Segments do not reach to the end of their period"),  # 5.3.2.1; IOP
    "timeline_hole": Rule("There is a hole in a timeline"),  # 5.3.9.6.2
    "timeline_overlap": Rule("Segments of a timeline overlap"),  # 5.3.9.6.2
    "boundaries_differ": Rule("Segments that are said to be aligned are not"),  # 5.3.3.2
    "max_segment_duration_exceeded": Rule("A segment lasts longer than the longest one"),  # 5.3.1.2
    "buffer_time": Rule("The buffer does not fit into the delay or the window", Severity.INFO),  # 5.3.1.2; IOP
    "clock_missing": Rule("A live manifest does not say by which clock", Severity.INFO),  # 5.8.4.11; IOP
    # copy after copy
    "publish_time_back": Rule("The manifest is older than the one before"),  # 5.3.1.2, 5.4.1
    "availability_start_changed": Rule("The time at which the presentation began changed"),  # 5.4.1
    "time_back": Rule("The timeline went back"),  # 5.4.1
    "segment_changed": Rule("A segment that was announced begins or ends elsewhere"),  # 5.4.1
    "segment_renumbered": Rule("A segment that was announced has got another number"),  # 5.3.9.6.2, 5.4.1
    "period_changed": Rule("A period that was announced begins elsewhere"),  # 5.4.1
    "representation_removed": Rule("A representation vanished within its period"),  # 5.4.1
    # beside the clock
    "segment_missing": Rule("A segment is not there although it is due"),  # 5.3.9.5.3, A.3.2
}
