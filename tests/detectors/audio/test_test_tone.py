import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine, spans
from watchglass.detectors.audio.test_tone import TestTone
from watchglass.model.finding import Finding, Severity

RATE = 48_000


def hear(sound, **options):
    return observe(TestTone, blocks(sound, **options))


def instead(begin, end, dbfs=-18.0, hertz=1000.0):
    """A programme of which a part is a tone."""
    sound = programme(10.0)
    sound[:, round(begin * RATE) : round(end * RATE)] = sine(end - begin, dbfs, hertz=hertz)
    return sound


def hissing(sound, dbfs):
    rng = np.random.default_rng(3)
    return sound + 10 ** (dbfs / 20) * rng.standard_normal(sound.shape).astype(np.float32)


@pytest.mark.parametrize("dbfs", [-3.0, -20.0, -40.0])
@pytest.mark.parametrize("hertz", [400.0, 997.0, 1000.0])
def test_a_line_up_tone(hertz, dbfs):
    [finding] = findings(hear(instead(3.02, 7.0, dbfs, hertz)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((3.02, 7.0), abs=0.06)
    assert finding.severity is Severity.WARNING
    assert finding.reason == "line_up"
    assert f"{hertz:.0f} Hz" in finding.message


def glits():
    """1 kHz with a hole of 0.25 s every 3 s on the left, two holes on the right."""
    sound = sine(9.0, -18.0)
    for begin in (0.0, 3.0, 6.0):
        for channel, at in ((0, 0.0), (1, 0.5), (1, 1.0)):
            first = round((begin + at) * RATE)
            sound[channel, first : first + RATE // 4] = 0.0
    return join(programme(3.0), sound)


def test_interruptions_that_mark_a_channel_do_not_end_it():
    assert spans(hear(glits())) == [pytest.approx((3.0, 12.0), abs=0.06)]


def test_to_the_end_on_one_channel_and_with_a_little_hiss():
    sound = instead(6.0, 10.0)
    sound[0, 6 * RATE :] = 0.0
    assert spans(hear(hissing(sound, -50.0))) == [pytest.approx((6.0, 10.0), abs=0.06)]


def note(seconds, hertz, decay=0.0, vibrato=0.0, partials=1):
    """A note: partials that die away, by so many dB a second; vibrato as a part of the frequency."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * hertz * (t + vibrato / (2 * np.pi * 5.5) * np.sin(2 * np.pi * 5.5 * t))
    wave = sum(np.sin(k * phase) / k**2 for k in range(1, partials + 1)) * 10 ** (-decay * t / 20)
    return np.tile(0.2 * wave, (2, 1)).astype(np.float32)


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(programme(10.0), id="programme"),
        pytest.param(instead(3.0, 3.9), id="a bleep over a word"),
        pytest.param(silence(5.0), id="silence"),
        pytest.param(sine(5.0, -70.0), id="not to be heard"),
        pytest.param(note(5.0, 1000.0, decay=6.0), id="a bell"),
        pytest.param(note(5.0, 1000.0, vibrato=0.01), id="a whistle"),
        pytest.param(note(5.0, 400.0, partials=4), id="a flute"),
        pytest.param(sine(5.0, -20.0, hertz=400.0) + sine(5.0, -20.0, hertz=480.0), id="a telephone"),
        pytest.param(hissing(sine(5.0, -20.0), -36.0), id="a tone in noise"),
        pytest.param(join(*(sine(0.5, -20.0, hertz=h) for h in (400, 500, 600, 1000, 800))), id="a melody"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_a_note_that_is_held_is_information():
    [finding] = findings(hear(instead(3.0, 7.0, hertz=440.0)))
    assert finding.severity is Severity.INFO
    assert finding.reason == "tone"


def test_one_tone_after_the_other():
    told = findings(hear(join(sine(3.0, -18.0, hertz=440.0), sine(3.0, -18.0))))
    assert [(f.reason, f.opened_at, f.closed_at) for f in told] == [
        ("tone", 0.0, pytest.approx(3.0, abs=0.06)),
        ("line_up", pytest.approx(3.0, abs=0.06), pytest.approx(6.0, abs=0.01)),
    ]


def test_it_is_told_after_a_second():
    opened = next(f for f in hear(instead(3.0, 10.0)) if isinstance(f, Finding))
    assert opened.told_at == pytest.approx(4.0, abs=0.11)


def test_what_is_told_of_a_tone():
    told = hear(sine(2.0, -20.0))
    assert readings(told, "purity") == pytest.approx([1.0] * 40, abs=1e-3)
    assert readings(told, "frequency") == pytest.approx([1000.0] * 40, abs=0.5)
    assert readings(told, "level") == pytest.approx([-23.0] * 40, abs=0.1)
    assert len(readings(hear(programme(2.0)), "purity")) == 40


TONE = instead(3.0, 7.0)


@settings(max_examples=15)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(1000, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(TestTone, blocks(TONE, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx((3.0, 7.0), abs=0.06)
