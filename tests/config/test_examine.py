import pytest

import watchglass
from making import clip, flat
from watchglass.config.examine import Plan, check, examine
from watchglass.config.settings import Config
from watchglass.model.errors import UsageError
from watchglass.model.finding import Event


@pytest.fixture(scope="module")
def black(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "black.mp4"
    return str(clip(path, seconds=2.0, picture=flat((16, 128, 128)), audio=("aac", "aac"), languages=("eng", "fre")))


def test_the_call_for_scripts(black):
    report = check(black)
    assert report.error is None
    assert report.duration == pytest.approx(2.0, abs=0.05)
    assert [finding.detector for finding in report.findings if finding.explained_by is None] == ["video.black"]
    assert watchglass.check is check


def test_what_cannot_be_read_is_an_error_and_no_exception(tmp_path):
    report = check(str(tmp_path / "none.mp4"))
    assert "no such file" in report.error


def test_a_detector_that_does_not_exist(black):
    with pytest.raises(UsageError):
        check(black, detectors=["video.frieze"])


def test_findings_are_told_as_they_come(black):
    told = []
    report = examine(black, Plan(), told.append, lambda reached, whole: None)
    assert told[0].event is Event.OPENED
    assert told[0].told_at < 0.1
    assert {f.key for f in report.findings} == {f.key for f in told}


def test_progress_is_told(black):
    told = []
    examine(black, Plan(), lambda finding: None, lambda reached, whole: told.append((reached, whole)))
    assert told == sorted(told)
    assert told[-1][1] == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("audio", "tracks"),
    [
        ("all", {"video:0", "audio:0", "audio:1"}),
        ("none", {"video:0"}),
        ("1", {"video:0", "audio:1"}),
        ("eng", {"video:0", "audio:0"}),
        ("fre", {"video:0", "audio:1"}),
    ],
)
def test_the_tracks_that_were_chosen(black, audio, tracks):
    report = check(black, config=Config(audio=audio))
    assert {track.id for track in report.tracks} == tracks


def test_a_track_that_is_not_there_is_told(black):
    report = check(black, config=Config(audio="7"))
    assert [part.reason for part in report.coverage.not_watched if "7" in part.reason]


def test_the_same_file_gives_the_same_report(black):
    first, second = check(black), check(black)
    assert first.findings == second.findings
    assert [first.id_of(f) for f in first.findings] == [second.id_of(f) for f in second.findings]


def test_evidence_is_gathered_where_it_is_asked_for(black):
    without, shown = check(black), check(black, with_evidence=True)
    assert without.findings == shown.findings
    assert not without.exhibits
    assert not without.waveforms
    exhibit = shown.exhibits[shown.findings[0].key]
    assert exhibit.during.jpeg.startswith(b"\xff\xd8")
    assert [trace.name for trace in exhibit.traces] == ["black_share"]
    assert {wave.track for wave in shown.waveforms} == {"audio:0", "audio:1"}


def test_who_watched_what_is_told(black):
    duties = {duty.detector: duty.tracks for duty in check(black, detectors=["video.black", "audio.silence"]).duties}
    assert duties == {"video.black": ("video:0",), "audio.silence": ("audio:0", "audio:1")}
