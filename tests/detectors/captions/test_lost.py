import numpy as np
import pytest

from captioned import clip, line21, pop_on, speech
from watchglass.config.examine import check
from watchglass.config.settings import Config
from watchglass.detectors.captions.lost import Lost, LostSettings
from watchglass.model.finding import Event, Finding, Severity
from watchglass.model.media import AudioBlock, Caption, NotWatched, Progress, Track, Tracks
from watchglass.monitor.watch import watch

RATE = 4000
TRACK = Track("captions:0", "captions", "webvtt", "en", {})
SOUND = (Track("audio:0", "audio", "aac", "de"), Track("audio:1", "audio", "aac", "en-GB"))
LIMITS = LostSettings(open_after=20.0, never_after=40.0)


def noise(seconds):
    return 0.1 * np.random.default_rng(2).standard_normal(round(seconds * RATE)).astype(np.float32)


def heard(*parts, track="audio:1", begin=0.0):
    """Blocks of sound: speech for positive seconds, noise for negative ones."""
    sound = np.concatenate([speech(each, RATE) if each > 0 else noise(-each) for each in parts])
    step = RATE // 5
    return [
        AudioBlock(track=track, pts=begin + at / RATE, samples=sound[None, at : at + step], rate=RATE)
        for at in range(0, len(sound), step)
    ]


def shown(*times, lasts=2.0, text="words"):
    return [Caption("captions:0", float(at), text, lasts) for at in times]


def told(items, *, track=TRACK, tracks=SOUND, settings=LIMITS):
    ordered = sorted(items, key=lambda item: item.pts)
    source = [Tracks(0.0, (*tracks, track)), *ordered]
    return list(watch(source, lambda each: [Lost(settings, each)] if each and each.kind == "captions" else []))


def spans(items, **options):
    found = [each for each in told(items, **options) if isinstance(each, Finding)]
    return [(f.opened_at, f.closed_at, f.reason) for f in found if f.event is Event.CLOSED]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(heard(60) + shown(*range(2, 60, 6)), [], id="captioned speech"),
        pytest.param(heard(60) + shown(*range(2, 50, 6)), [], id="they stop shortly before the end"),
        pytest.param(heard(80) + shown(2, 8, 14, 20), [(22.0, 80.0, "stopped")], id="they stop"),
        pytest.param(heard(80) + shown(2, 8, 14, 60, 66, 72), [(16.0, 60.0, "stopped")], id="and come back"),
        pytest.param(heard(-80) + shown(2, 8, 14), [], id="nobody speaks any more"),
        pytest.param(heard(20, -40, 10, -20) + shown(2, 8, 14), [], id="hardly anybody does"),
        pytest.param(heard(20, -30, 40) + shown(2, 8, 14), [(16.0, 90.0, "stopped")], id="after the music they do"),
        pytest.param(heard(80) + shown(2, 8, lasts=70.0), [], id="one that is shown for long"),
        pytest.param(heard(80) + shown(2, 8) + shown(14, 30, 50, text=""), [(10.0, 80.0, "stopped")], id="erasing"),
        pytest.param(
            heard(80) + shown(2, 8, lasts=60.0) + shown(10, text=""),
            [(10.0, 80.0, "stopped")],
            id="erased before its time",
        ),
        pytest.param(heard(60), [(1.0, 60.0, "never")], id="never"),
        pytest.param(heard(30), [], id="never yet"),
        pytest.param(heard(-80), [], id="never, but nobody speaks"),
    ],
)
def test_spans(items, expected):
    found = spans(items)
    assert [each[2] for each in found] == [each[2] for each in expected]
    for (opened, closed, _), (begin, end, _) in zip(found, expected, strict=True):
        assert (opened, closed) == (pytest.approx(begin, abs=0.3), pytest.approx(end, abs=1.0))


def test_it_is_patient():
    """With the settings that everybody has, speech may go on for a minute without captions."""
    assert spans(heard(150) + shown(*range(2, 60, 5), 110), settings=None) == []
    [(opened, closed, _)] = spans(heard(150) + shown(*range(2, 60, 5)), settings=None)
    assert (opened, closed) == (59.0, pytest.approx(150.0, abs=0.3))


def test_a_track_that_is_sparse_may_be_so():
    times = [2, 20, 38, 56, 88, 94]
    assert spans(heard(100) + shown(*times)) == []
    assert spans(heard(100) + shown(2, 4, 6, 8, 88, 94)) == [(10.0, pytest.approx(88.0, abs=1.0), "stopped")]


def test_what_is_only_for_foreign_words_is_not_judged():
    forced = Track("captions:0", "captions", "webvtt", "en", {"forced": 1})
    assert spans(heard(80) + shown(2), track=forced) == []


def test_it_listens_to_its_own_language():
    items = [*heard(-60), *heard(60, track="audio:0"), *shown(2)]
    assert spans(items) == []
    french = Track("captions:0", "captions", "webvtt", "fr", {})
    assert len(spans(items, track=french)) == 1  # there is no French sound: the first has to do


def test_without_sound_it_says_that_it_does_not_know():
    items = [Progress(float(n)) for n in range(60)]
    notes = [each for each in told([*items, *shown(2)], tracks=()) if isinstance(each, NotWatched)]
    assert [(each.track, each.detector) for each in notes] == [("captions:0", "captions.lost")]
    assert spans([*items, *shown(2)], tracks=()) == []


def test_a_caption_that_comes_late_ends_it():
    items = [
        Tracks(0.0, (*SOUND, TRACK)),
        *shown(2),
        *heard(40),
        Caption("captions:0", 36.0, "late"),
        *heard(9, begin=40),
    ]
    found = list(watch(items, lambda each: [Lost(LIMITS, each)] if each and each.kind == "captions" else []))
    [closed] = [each for each in found if isinstance(each, Finding) and each.event is Event.CLOSED]
    assert (closed.opened_at, closed.closed_at) == (4.0, pytest.approx(40.0, abs=1.0))
    assert closed.told_at >= closed.closed_at


def test_what_is_said():
    [finding] = [each for each in told(heard(80) + shown(2, 8)) if isinstance(each, Finding) and each.closed_at]
    assert finding.message.startswith("No captions for 70 s, while ")
    assert finding.severity is Severity.WARNING
    [finding] = [each for each in told(heard(80)) if isinstance(each, Finding) and each.closed_at]
    assert finding.message.startswith("A declared track has never shown captions for ")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lost")
    told = [(float(at), pop_on(f"LINE {at}")) for at in range(1, 40, 4)]
    return {
        name: clip(folder / f"{name}.ts", line21(lines, 42.0), sound=speech(42.0))
        for name, lines in (("whole", told), ("lost", told[:4]))
    }


@pytest.mark.parametrize(("name", "expected"), [("whole", []), ("lost", [(13.6, 42.0)])])
def test_real_clips(clips, name, expected):
    config = Config.model_validate({"detectors": {"captions": {"lost": {"open_after": 20.0}}}})
    report = check(str(clips[name]), config=config, detectors=["captions"])
    assert [(f.opened_at, f.closed_at) for f in report.findings] == [
        (pytest.approx(begin, abs=0.5), pytest.approx(end, abs=0.5)) for begin, end in expected
    ]
    assert [track.id for track in report.tracks] == ["video:0", "audio:0", "captions:CC1"]
    assert report.coverage.is_complete
