import numpy as np
import pytest

from captioned import clip, line21, pop_on, speech
from splicing import begin_of, insert, message, spliced
from watchglass.config.examine import check
from watchglass.config.settings import Config
from watchglass.detectors.captions.lost import Lost, LostSettings
from watchglass.model.finding import Event, Finding, Reading, Severity
from watchglass.model.media import AudioBlock, Caption, NotWatched, Progress, Track, Tracks
from watchglass.model.transport import Splice
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
    [finding] = [
        each
        for each in told([*heard(100), *shown(2, 6), away(62), back(90)])
        if isinstance(each, Finding) and each.closed_at
    ]
    lasted, spoken = (
        float(part.split()[0]) for part in finding.message.removeprefix("No captions for ").split(", while ")
    )
    assert (lasted, spoken) == (pytest.approx(92.0, abs=1.5), pytest.approx(64.0, abs=3.0))  # 28 s were a break
    [finding] = [each for each in told(heard(80)) if isinstance(each, Finding) and each.closed_at]
    assert finding.message.startswith("A declared track has never shown captions for ")


def away(at, lasts=None, name="splice_insert"):
    return Splice(float(at), True, name, lasts, "splice_insert (event 1)")


def back(at, name="splice_insert"):
    return Splice(float(at), False, name)


BEFORE, AFTER = shown(*range(2, 30, 4)), shown(*range(64, 100, 4))


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([*BEFORE, *AFTER], [(28.0, 64.0)], id="nothing is said of a break"),
        pytest.param([*BEFORE, *AFTER, away(30), back(62)], [], id="a break"),
        pytest.param([*BEFORE, *AFTER, away(30, 32.0)], [], id="a break whose end is not told again"),
        pytest.param([*BEFORE, *AFTER, away(30, 32.0), away(31, 31.0), back(62)], [], id="told twice"),
        pytest.param([*BEFORE, *AFTER, away(30, 4.0)], [(34.0, 64.0)], id="a short break, and then they are lost"),
        pytest.param([*BEFORE, away(30), back(62)], [(62.0, 100.0)], id="they do not come back"),
        pytest.param([*BEFORE, away(30, 32.0)], [(62.0, 100.0)], id="neither where it was told beforehand"),
        pytest.param([*BEFORE, away(30, 52.0)], [], id="not yet"),
        pytest.param([*BEFORE, away(45), back(50)], [(50.0, 100.0)], id="patience begins anew with the return"),
        pytest.param([*shown(2, 6), away(62), back(90)], [(8.0, 100.0)], id="what is open stays open"),
        pytest.param([*BEFORE, *shown(32, 40), *AFTER, away(30), back(62)], [], id="captioned advertisements"),
        pytest.param([away(1), back(70)], [], id="never, but there was hardly any programme"),
        pytest.param([away(1), back(20)], [(20.0, 100.0)], id="never"),
        pytest.param(
            [*BEFORE, *AFTER, back(5), back(40)], [(28.0, 64.0)], id="only returns, as if one had just joined"
        ),
        pytest.param(
            [*BEFORE, away(30, name="Break 1"), away(30, 15.0, "Ad 2"), away(45, 15.0, "Ad 3"), back(60, "Break 1")],
            [(60.0, 100.0)],
            id="advertisements in a break",
        ),
    ],
)
def test_breaks(items, expected):
    found = spans([*heard(100), *items])
    assert [(opened, closed) for opened, closed, _ in found] == [
        (pytest.approx(begin, abs=1.1), pytest.approx(end, abs=1.0)) for begin, end in expected
    ]


def test_a_break_is_over_some_time_whatever_was_announced():
    limits = LIMITS.model_copy(update={"break_at_most": 30.0})
    for lasts in (None, 9_000.0):
        [(opened, _, _)] = spans([*heard(100), *BEFORE, away(30, lasts)], settings=limits)
        assert opened == pytest.approx(60.0, abs=1.1)


def test_only_so_many_breaks_are_kept():
    assert spans([*heard(100), *BEFORE, *(away(30, name=f"Ad {n}") for n in range(1_000))]) == []


def test_breaks_are_in_the_readings():
    items = [*heard(100), *BEFORE, *AFTER, away(30, 32.0)]
    found = [each for each in told(items) if isinstance(each, Reading) and each.name == "break"]
    assert [(each.pts, each.value, each.note) for each in found] == [
        (pytest.approx(30.0, abs=1.1), 1.0, "splice_insert (event 1)"),
        (pytest.approx(62.0, abs=1.1), 0.0, ""),
    ]


def test_breaks_are_judged_again_from_readings():
    items = [*heard(100), *BEFORE, away(30), back(62)]
    readings = [each for each in told(items) if isinstance(each, Reading)]
    for patience, expected in ((30.0, 62.0), (20.0, 62.0), (50.0, None)):
        again = Lost(LIMITS.model_copy(update={"open_after": patience}), TRACK)
        found = [finding.opened_at for each in readings for finding in again.judge(each)]
        assert found[:1] == ([] if expected is None else [expected])


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


@pytest.mark.parametrize(("lasts", "expected"), [(28.0, []), (4.0, [(17.6, 42.0)])])
def test_a_real_clip_with_a_break(clips, tmp_path, lasts, expected):
    path = tmp_path / "break.ts"
    data = clips["lost"].read_bytes()
    zero = begin_of(data)
    command = insert(1, ticks=round((zero + 13.6) * 90_000), lasts=lasts)
    path.write_bytes(spliced(data, [(zero + 10.0, message(command))]))
    config = Config.model_validate({"detectors": {"captions": {"lost": {"open_after": 20.0}}}})
    report = check(str(path), config=config, detectors=["captions"])
    assert [(f.opened_at, f.closed_at) for f in report.findings] == [
        (pytest.approx(begin, abs=1.1), pytest.approx(end, abs=0.5)) for begin, end in expected
    ]
    assert report.coverage.is_complete
