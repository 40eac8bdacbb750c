"""What another parser of playlists (m3u8-parser, of Video.js) returns, and where ours knows better."""

import json
from pathlib import Path
from typing import Any

import pytest

from watchglass.media.multivariant import MultivariantPlaylist
from watchglass.media.playlist import MediaPlaylist, Segment, parse
from watchglass.model.errors import PlaylistError

pytestmark = pytest.mark.corpus

REFUSED = {
    "empty": "is empty",
    "headerOnly": "names neither renditions nor segments",
    "manifestNoExtM3u": "does not begin with #EXTM3U",
    "master": "does not begin with #EXTM3U",
    "start": "does not begin with #EXTM3U",
    "streamInfInvalid": "does not begin with #EXTM3U",
}
"""It is lenient: RFC 8216bis, 4.4.1.1, wants the first line."""
OTHERWISE = {
    "byteRange": {"byte range"},  # a length without an offset, and nothing of that file before it: from its beginning
    "invalidTargetDuration": {"target duration"},  # none is told: ten seconds, and the break is told
    "manifestExtTTargetdurationNegative": {"target duration"},
    "liveMissingSegmentDuration": {"segments"},  # a line without EXTINF is no segment (4.4.4.1); the break is told
    "missingExtinf": {"segments"},
    "missingSegmentDuration": {"segments"},
    "multipleTargetDurations": {"segments"},
    "negativeMediaSequence": {"media sequence"},  # a decimal-integer has no sign (4.2)
    "zeroDuration": {"duration"},  # it makes 0.01 s of none
    "llhls-byte-range": {"byte range"},  # likewise, and one that is cut off, which is told
    "llhlsDelta": {"programme date-time"},  # of a delta by itself; it is known once it is put together
}


def expected(corpus: Path) -> dict[str, dict[str, Any]]:
    folder = corpus / "expected" / "m3u8-parser"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def differences(ours: MediaPlaylist, theirs: dict[str, Any]) -> set[str]:
    told = theirs.get("segments", [])
    found = set()
    if [segment.uri for segment in ours.segments] != [one["uri"] for one in told]:
        return {"segments"}
    for segment, one in zip(ours.segments, told, strict=True):
        found |= {name for name, (mine, other) in compared(segment, one).items() if mine != other}
    first = ours.segments[0].sequence - ours.skipped if ours.segments else 0
    growing = ours.growing.parts if ours.growing else ()
    found |= {"target duration"} if ours.target_duration != theirs.get("targetDuration") else set()
    found |= {"media sequence"} if first != theirs.get("mediaSequence", 0) and ours.segments else set()
    found |= {"end"} if ours.is_ended != theirs.get("endList", False) else set()
    preload = [part["uri"] for part in theirs.get("preloadSegment", {}).get("parts", [])]
    return found | ({"parts"} if [part.uri for part in growing] != preload else set())


def compared(segment: Segment, one: dict[str, Any]) -> dict[str, tuple[object, object]]:
    extent, key = one.get("byterange"), one.get("key")
    when = one.get("programDateTime")
    near = segment.utc is not None and when is not None and abs(segment.utc * 1000 - when) < 2
    return {
        "duration": (segment.duration, one.get("duration")),
        "byte range": (segment.byte_range, (extent["offset"], extent["length"]) if extent else None),
        "discontinuity": (segment.is_discontinuity, bool(one.get("discontinuity"))),
        "init section": (segment.init and segment.init.uri, one.get("map", {}).get("uri")),
        "key": (segment.key and segment.key.uri, key and key["uri"]),
        "parts": ([part.uri for part in segment.parts], [part["uri"] for part in one.get("parts", [])]),
        "programme date-time": (near or when is None, True),
    }


def test_ours_agrees_or_knows_why_not(corpus: Path) -> None:
    theirs, found, refused = expected(corpus), dict[str, set[str]](), dict[str, str]()
    assert len(theirs) >= 60
    for name, told in theirs.items():
        text = (corpus / "hls" / "videojs-m3u8-parser-fixtures" / f"{name}.m3u8").read_text("utf-8", errors="replace")
        try:
            ours = parse(text, name)
        except PlaylistError as error:
            refused[name] = str(error)
            continue
        if isinstance(ours, MultivariantPlaylist):
            assert [one.uri for one in ours.variants] == [one["uri"] for one in told["playlists"]]
        elif differs := differences(ours, told):
            found[name] = differs
    assert found == OTHERWISE
    assert refused.keys() == REFUSED.keys()
    assert all(REFUSED[name] in reason for name, reason in refused.items())
