"""Manifests of real streams and of nobody: read within bounds, or refused with a sentence."""

import os
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchglass.media.dash_choice import chosen
from watchglass.media.hls_choice import HlsOptions
from watchglass.media.mpd import Mpd
from watchglass.media.mpd_history import ManifestHistory
from watchglass.media.mpd_reader import MOST_REPRESENTATIONS, parse
from watchglass.media.mpd_segments import bases_of, slots
from watchglass.model.errors import PlaylistError

few = settings(max_examples=150, deadline=None, derandomize=True)
CORPUS = sorted(Path(os.environ.get("WATCHGLASS_CORPUS", "/nowhere")).glob("hls/*/*.mpd"))
MANIFEST = """<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:00:10Z"
 minimumUpdatePeriod="PT2S" timeShiftBufferDepth="PT30S" mediaPresentationDuration="PT60S" minBufferTime="PT2S">
 <BaseURL>main/</BaseURL><BaseURL availabilityTimeOffset="1.5">other/</BaseURL><Location>next.mpd</Location>
 <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="time"/>
 <Period id="a" start="PT0S" duration="PT10S"><SegmentTemplate timescale="10" media="$Number%03d$" initialization="i"/>
  <AdaptationSet contentType="video" lang="en" segmentAlignment="true"><SegmentTemplate startNumber="3" eptDelta="-1">
   <SegmentTimeline><S t="0" d="20" r="2"/><S t="60" d="20" n="9"/><S d="10" r="-1"/></SegmentTimeline>
   </SegmentTemplate>
   <Representation id="1" bandwidth="5" width="64" height="48" codecs="avc1" mimeType="video/mp4"/></AdaptationSet>
  <AdaptationSet mimeType="audio/mp4"><SegmentTemplate duration="20" presentationTimeOffset="7" endNumber="4"/>
   <Representation id="2" bandwidth="5" codecs="mp4a.40.2"/></AdaptationSet></Period>
 <Period id="b"><AdaptationSet mimeType="video/mp4"><Representation id="3" bandwidth="1">
   <SegmentList duration="5"><Initialization sourceURL="i" range="0-9"/><SegmentURL media="s" mediaRange="10-19"/>
   </SegmentList></Representation><Representation id="4" bandwidth="2"><BaseURL>f.mp4</BaseURL>
   <SegmentBase indexRange="10-99"/></Representation></AdaptationSet></Period></MPD>"""
NUMBERS = [
    "",
    "0",
    "1",
    "-1",
    "-99999",
    "99999",
    "100000",
    "1" * 18,
    "9" * 40,
    "1e9",
    "0.0001",
    "NaN",
    "INF",
    "x" * 300,
]
TIMES = ["PT0S", "PT1S", "PT0.001S", "P9Y", "-PT5S", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01"]
WORDS = [
    "$Number$",
    "$Time%09d$",
    "$",
    "$$$",
    "../../x",
    "http://[",
    "//h",
    "video",
    "audio/mp4",
    "urn:x",
    "true",
    "dynamic",
]


def read(data: bytes) -> Mpd | None:
    """All that is done with a manifest before anything is fetched."""
    history = ManifestHistory()
    try:
        mpd = parse(data, "manifest")
        assert history.breaks(mpd) == history.breaks(mpd)
        for period in mpd.periods:
            choice = chosen(period, HlsOptions())
            for one in (choice.representations if choice else {}).values():
                for window in ({}, {"after": 1e9, "until": 1e9 + 60.0}):
                    found = slots(period, one, bases_of(one)[-1], **window)
                    assert len(found) <= 100_000
                    assert all(slot.duration > 0 for slot in found)
    except PlaylistError:
        return None
    return mpd


def edited(text: str, rng: random.Random) -> str:
    """The same with something of it changed, repeated, left out or moved."""
    for _ in range(rng.randint(1, 4)):
        attributes = list(re.finditer(r'(\w+)="([^"]*)"', text))
        elements = list(re.finditer(r"<(\w+)[^<>]*/>|<(\w+)[^<>]*>[^<>]*</\2>", text))
        what = rng.randint(0, 4)
        if what <= 1 and attributes:
            one = rng.choice(attributes)
            text = text[: one.start(2)] + rng.choice(NUMBERS + TIMES + WORDS) + text[one.end(2) :]
        elif what == 2 and elements:
            one = rng.choice(elements)
            text = text[: one.start()] + one.group() * rng.choice([0, 2, 30]) + text[one.end() :]
        elif what == 3 and elements:
            one, other = rng.choice(elements), rng.choice(elements)
            text = text[: other.start()] + one.group() + text[other.start() :]
        else:
            at = rng.randrange(len(text) or 1)
            text = (
                text[:at]
                + rng.choice(["<", ">", '"', "&", "\0", "</MPD>", "é", "<S/>"])
                + text[at + rng.randint(0, 9) :]
            )
    return text


def test_a_whole_manifest_is_read() -> None:
    mpd = read(MANIFEST.encode())
    assert mpd is not None
    assert [(one.id, one.start, one.duration) for one in mpd.periods] == [("a", 0.0, 10.0), ("b", 10.0, 50.0)]
    assert [one.kind for one in mpd.periods[0].adaptation_sets] == ["video", "audio"]
    [first, second] = [one.representations[0].addressing for one in mpd.periods[0].adaptation_sets]
    assert first is not None
    assert second is not None
    assert (first.timescale, first.media, first.initialization, first.start_number) == (10, "$Number%03d$", "i", 3)
    assert (second.duration, second.presentation_offset, second.end_number, second.start_number) == (20, 7, 4, 1)
    assert (mpd.locations, mpd.minimum_update_period, mpd.time_shift_depth) == (("next.mpd",), 2.0, 30.0)


def test_names_of_namespaces_do_not_matter() -> None:
    for space in ("urn:mpeg:dash:schema:mpd:2011", "urn:mpeg:DASH:schema:MPD:2011", "urn:other"):
        assert read(MANIFEST.replace("<MPD", f'<MPD xmlns="{space}"').encode()) == read(MANIFEST.encode())
    prefixed = re.sub(r"<(/?)(\w)", r"<\1d:\2", MANIFEST).replace("<d:MPD", '<d:MPD xmlns:d="urn:x"')
    assert read(prefixed.encode()) == read(MANIFEST.encode())


def test_there_are_not_too_many_of_anything() -> None:
    one = "<Representation/>" * (MOST_REPRESENTATIONS + 1)
    for text in (
        f"<MPD><Period><AdaptationSet>{one}</AdaptationSet></Period></MPD>",
        f"<MPD>{'<Period/>' * 1_001}</MPD>",
        f"<MPD><Period><SegmentList>{'<SegmentURL/>' * 100_001}</SegmentList></Period></MPD>",
    ):
        with pytest.raises(PlaylistError, match="more than"):
            parse(text.encode(), "manifest")


def test_what_is_shared_is_read_once() -> None:
    timeline = "<SegmentTimeline>" + '<S d="1"/>' * 20_000 + "</SegmentTimeline>"
    many = '<Representation id="x" bandwidth="1"/>' * 1_000
    sets = f"<SegmentTemplate media='x'>{timeline}</SegmentTemplate>"
    sets += f'<AdaptationSet contentType="video" segmentAlignment="true">{many}</AdaptationSet>' * 4
    mpd = read(f'<MPD mediaPresentationDuration="PT9S"><Period>{sets}</Period></MPD>'.encode())
    assert mpd is not None
    assert len({id(each.addressing) for one in mpd.periods[0].adaptation_sets for each in one.representations}) == 1


@few
@given(st.integers(0, 2**32))
def test_whatever_is_changed_it_is_read_or_refused(seed: int) -> None:
    rng = random.Random(seed)
    read(edited(MANIFEST, rng).encode())


@few
@given(st.binary(max_size=300))
def test_whatever_the_bytes_they_are_refused(noise: bytes) -> None:
    for data in (noise, b"<MPD>" + noise + b"</MPD>", MANIFEST.encode()[: len(noise)] + noise):
        read(data)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="needs WATCHGLASS_CORPUS")
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_real_manifests_are_read_also_when_they_are_mutated(path: Path) -> None:
    text = path.read_text("utf-8")
    mpd = parse(text.encode(), path.name)
    assert mpd.periods
    assert all(chosen(period, HlsOptions()) for period in mpd.periods)
    for seed in range(60):
        read(edited(text, random.Random(seed)).encode())
