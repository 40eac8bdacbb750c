"""Each rule is broken by one change to a manifest that keeps them all."""

import os
from pathlib import Path

import pytest

from watchglass.media.mpd_check import broken
from watchglass.media.mpd_history import ManifestHistory
from watchglass.media.mpd_reader import parse
from watchglass.model.manifest_rules import MANIFEST

ON_DEMAND = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static"
  minBufferTime="PT2S" maxSegmentDuration="PT2.1S" mediaPresentationDuration="PT12S">
 <Period id="a" duration="PT6S">
  <AdaptationSet id="1" mimeType="video/mp4" segmentAlignment="true">
   <Representation id="low" bandwidth="1" codecs="avc1.42c00a">
    <SegmentTemplate timescale="10" media="$Number$" presentationTimeOffset="100">
     <SegmentTimeline><S t="100" d="20" r="1"/><S t="140" d="20"/></SegmentTimeline>
    </SegmentTemplate>
   </Representation>
   <Representation id="high" bandwidth="2" codecs="avc1.42c00a">
    <SegmentTemplate timescale="1000" media="$Number$" presentationTimeOffset="7000">
     <SegmentTimeline><S t="7000" d="2000" r="1"/><S t="11000" d="2000"/></SegmentTimeline>
    </SegmentTemplate>
   </Representation>
  </AdaptationSet>
 </Period>
 <Period id="b" start="PT6S" duration="PT6S">
  <AdaptationSet id="1" mimeType="audio/mp4"><Representation id="low" bandwidth="3" codecs="mp4a.40.2">
   <SegmentTemplate media="$Number$" duration="2"/>
  </Representation></AdaptationSet>
  <AdaptationSet id="2" mimeType="video/mp4"><Representation id="file" bandwidth="4" codecs="avc1.42c00a">
   <BaseURL>file.mp4</BaseURL>
  </Representation></AdaptationSet>
 </Period>
</MPD>"""
LIVE = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic"
  availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T01:00:20Z" minimumUpdatePeriod="PT2S"
  minBufferTime="PT2S" suggestedPresentationDelay="PT6S" timeShiftBufferDepth="PT12S">
 <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/time"/>
 <Period id="a" start="PT0S">
  <AdaptationSet mimeType="video/mp4">
   <SegmentTemplate media="$Number$" startNumber="100">
    <SegmentTimeline><S t="3600" d="2" r="5"/></SegmentTimeline>
   </SegmentTemplate>
   <Representation id="low" bandwidth="1" codecs="avc1.42c00a"/><Representation id="high" bandwidth="2" codecs="avc1"/>
  </AdaptationSet>
 </Period>
</MPD>"""
ONE_COPY = [
    ("attribute", 'minBufferTime="PT2S" maxSeg', "maxSeg"),
    ("attribute", 'minBufferTime="PT2S" maxSeg', 'minBufferTime="2" maxSeg'),
    ("attribute", 'profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static"', 'type="static"'),
    ("attribute", 'type="static"', 'type="frozen"'),
    ("attribute", ' bandwidth="3"', ""),
    ("attribute", 'mimeType="audio/mp4"', 'contentType="audio"'),
    ("attribute", 'publishTime="2026-01-01T01:00:20Z"', ""),
    ("attribute", 'publishTime="2026-01-01T01:00:20Z"', 'publishTime="soon"'),
    ("attribute", ' start="PT0S"', ""),
    ("attribute", '<S t="140" d="20"/>', '<S t="140" d="20"/><S d="0"/>'),
    ("identifier_repeated", '<Period id="b"', '<Period id="a"'),
    ("identifier_repeated", '<AdaptationSet id="2"', '<AdaptationSet id="1"'),
    ("identifier_repeated", 'id="high" bandwidth="2" codecs="avc1.42', 'id="low" bandwidth="2" codecs="avc1.42'),
    ("codecs_missing", ' codecs="mp4a.40.2"', ""),
    ("addressing_missing", "<BaseURL>file.mp4</BaseURL>", ""),
    ("duration_missing", 'start="PT6S" duration="PT6S"', 'start="PT6S"'),
    ("duration_differs", 'mediaPresentationDuration="PT12S"', 'mediaPresentationDuration="PT14S"'),
    ("duration_differs", 'mediaPresentationDuration="PT12S"', 'mediaPresentationDuration="PT11S"'),
    ("period_hole", 'start="PT6S" duration="PT6S"', 'start="PT6.5S" duration="PT5.5S"'),
    ("period_overlap", 'start="PT6S" duration="PT6S"', 'start="PT5.5S" duration="PT6.5S"'),
    ("period_short", '<S t="11000" d="2000"/>', '<S t="11000" d="1300"/>'),
    ("timeline_hole", '<S t="11000" d="2000"/>', '<S t="11100" d="2000"/>'),
    ("timeline_overlap", '<S t="11000" d="2000"/>', '<S t="10900" d="2000"/>'),
    ("boundaries_differ", '<S t="7000" d="2000" r="1"/>', '<S t="7000" d="1900"/><S d="2100"/>'),
    ("max_segment_duration_exceeded", 'maxSegmentDuration="PT2.1S"', 'maxSegmentDuration="PT1.9S"'),
    ("buffer_time", 'suggestedPresentationDelay="PT6S"', 'suggestedPresentationDelay="PT1S"'),
    ("buffer_time", 'suggestedPresentationDelay="PT6S"', 'suggestedPresentationDelay="PT13S"'),
    ("clock_missing", '<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="/time"/>', ""),
]  # fmt: skip
BROUGHT_ALONG = {"timeline_hole": {"boundaries_differ"}, "timeline_overlap": {"boundaries_differ"}}
BETWEEN = [
    ("publish_time_back", "01:00:20Z", "01:00:18Z"),
    ("availability_start_changed", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
    ("time_back", '<S t="3600" d="2" r="5"/>', '<S t="3600" d="2" r="4"/>'),
    ("segment_changed", '<S t="3600" d="2" r="5"/>', '<S t="3601" d="2" r="5"/>'),
    ("segment_changed", '<S t="3600" d="2" r="5"/>', '<S t="3600" d="2" r="1"/><S d="4"/><S d="2" r="2"/>'),
    ("segment_renumbered", 't="3600" d="2" r="5"', 't="3602" d="2" r="5"'),
    ("period_changed", 'start="PT0S"', 'start="PT1S"'),
    ("representation_removed", '<Representation id="high" bandwidth="2" codecs="avc1"/>', ""),
]


def rules(text: str) -> set[str]:
    return {one.rule for one in broken(parse(text.encode(), "copy"))}


@pytest.mark.parametrize("clean", [ON_DEMAND, LIVE])
def test_what_keeps_all_rules_breaks_none(clean: str) -> None:
    assert rules(clean) == set()


@pytest.mark.parametrize(("rule", "clean", "wrong"), ONE_COPY)
def test_one_change_breaks_one_rule(rule: str, clean: str, wrong: str) -> None:
    [text] = [text for text in (ON_DEMAND, LIVE) if clean in text]
    text = text.replace(clean, wrong, 1)
    if rule == "duration_missing":
        text = text.replace('mediaPresentationDuration="PT12S"', "")
    assert rules(text) - BROUGHT_ALONG.get(rule, set()) == {rule}


def test_roundings_are_no_breaks() -> None:
    assert rules(ON_DEMAND.replace('<S t="11000" d="2000"/>', '<S t="11021" d="1979"/>')) == set()
    assert rules(ON_DEMAND.replace('start="PT6S" duration="PT6S"', 'start="PT6.05S" duration="PT5.95S"')) == set()


def test_a_timeline_up_to_the_next_entry_or_the_end_has_no_holes() -> None:
    assert rules(ON_DEMAND.replace('<S t="100" d="20" r="1"/>', '<S t="100" d="20" r="-1"/>')) == set()
    whole = '<S t="100" d="20" r="1"/><S t="140" d="20"/>'
    assert rules(ON_DEMAND.replace(whole, '<S t="100" d="20" r="-1"/>')) == set()


@pytest.mark.parametrize(("rule", "clean", "wrong"), BETWEEN, ids=[rule for rule, *_ in BETWEEN])
def test_a_copy_may_break_a_rule_beside_the_one_before(rule: str, clean: str, wrong: str) -> None:
    history = ManifestHistory()
    assert clean in LIVE
    assert history.breaks(parse(LIVE.encode(), "copy")) == ()
    new = parse(LIVE.replace(clean, wrong, 1).encode(), "copy")
    assert [one.rule for one in history.breaks(new)] == [rule]
    assert history.breaks(new) == ()


def test_a_manifest_that_goes_on_breaks_none() -> None:
    history = ManifestHistory()
    first = '<S t="3600" d="2" r="5"/>'
    copies = [
        LIVE,
        LIVE,
    ]
    for at, number, entries in [
        ("01:00:24Z", "102", '<S t="3604" d="2" r="4"/><S d="1"/>'),
        ("01:00:26Z", "103", '<S t="3606" d="2" r="5"/>'),
        ("01:02:00Z", "150", '<S t="3700" d="2" r="5"/>'),
    ]:
        copies.append(LIVE.replace("01:00:20Z", at).replace("100", number).replace(first, entries))
    assert [history.breaks(parse(copy.encode(), "copy")) for copy in copies] == [()] * len(copies)


def test_every_rule_has_its_case() -> None:
    # What is beside the clock is in test_dash_live.py.
    assert {rule for rule, *_ in (*ONE_COPY, *BETWEEN)} == set(MANIFEST) - {"segment_missing"}


@pytest.mark.corpus
@pytest.mark.skipif("WATCHGLASS_CORPUS" not in os.environ, reason="needs WATCHGLASS_CORPUS")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shaka--dash-clearkey/dash.mpd", set()),
        ("videojs-http-streaming-manifests/dash-many-codecs.mpd", set()),
        ("videojs-http-streaming-manifests/eventStream.mpd", {"buffer_time", "clock_missing"}),
        ("videojs-http-streaming-manifests/dash.mpd", {"attribute"}),
    ],
)
def test_real_manifests_are_held_against_the_rules(name: str, expected: set[str]) -> None:
    assert rules((Path(os.environ["WATCHGLASS_CORPUS"]) / "hls" / name).read_text("utf-8")) == expected
