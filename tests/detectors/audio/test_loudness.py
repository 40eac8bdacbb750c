import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine
from watchglass.detectors.audio.loudness import Loudness, LoudnessSettings
from watchglass.model.detector import Delivery
from watchglass.model.finding import Event, Finding, Reading

R128 = Delivery("EBU R 128", loudness=-23.0, loudness_tolerance=1.0, true_peak=-1.0)


def hear(sound, **options):
    return observe(Loudness, blocks(sound), **options)


def test_without_a_profile_it_measures_and_judges_nothing():
    told = hear(sine(10.0, -3.0))
    assert findings(told) == []
    assert readings(told, "integrated")[-1] == pytest.approx(-3.0, abs=0.1)


@pytest.mark.parametrize(
    ("level", "reason"), [(-23.0, None), (-22.05, None), (-23.95, None), (-15.0, "loud"), (-30.0, "soft")]
)
def test_a_short_programme_is_judged_at_its_end(level, reason):
    found = findings(hear(sine(8.0, level), delivery=R128))
    assert [f.reason for f in found] == ([reason] if reason else [])
    if found:
        assert (found[0].opened_at, found[0].closed_at) == (0.0, pytest.approx(8.0))
        assert "EBU R 128" in found[0].message


def test_a_long_one_is_judged_while_it_runs():
    told = hear(join(sine(20.0, -15.0), sine(5.0, -40.0)), delivery=R128, settings=LoudnessSettings(judge_after=10.0))
    opened = next(f for f in told if isinstance(f, Finding))
    assert (opened.event, opened.opened_at, opened.told_at) == (Event.OPENED, 0.0, pytest.approx(10.0))


def test_silence_has_no_loudness():
    told = hear(silence(5.0), delivery=R128)
    assert findings(told) == []
    assert readings(told, "integrated") == []


def test_readings_and_their_units():
    told = [r for r in hear(sine(6.0, -20.0)) if isinstance(r, Reading)]
    units = {r.name: r.unit for r in told}
    assert units == {"momentary": "LUFS", "short_term": "LUFS", "integrated": "LUFS", "range": "LU"}
    momentary = [r for r in told if r.name == "momentary"]
    assert momentary[0].pts == pytest.approx(0.35)
    assert all(r.duration == pytest.approx(0.05) for r in momentary)
    assert len(momentary) == 113
    assert [r.pts for r in told if r.name == "integrated"] == pytest.approx([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])


SPEECH = programme(5.0, channels=1)
WHOLE = [r for r in hear(SPEECH) if isinstance(r, Reading)]


@settings(max_examples=10)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(1000, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    told = observe(Loudness, blocks(SPEECH, sizes=sizes, start=start), start=start)
    assert [r.value for r in told] == pytest.approx([r.value for r in WHOLE], abs=1e-6)
    assert [r.pts - start for r in told] == pytest.approx([r.pts for r in WHOLE], abs=1e-6)
