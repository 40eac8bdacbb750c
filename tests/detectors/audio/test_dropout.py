import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, sine, spans
from watchglass.detectors.audio.dropout import Dropout
from watchglass.model.finding import Severity
from watchglass.model.media import Seam

RATE = 48_000
PROGRAMME = programme(12.0)


def hear(sound, **options):
    return observe(Dropout, blocks(sound, **options))


def cut(sound, *holes, fade=0.0, left=0.0):
    """Holes of (begin, seconds), with edges that take ``fade`` seconds, in which a share of the sound is left."""
    sound = sound.copy()
    for begin, seconds in holes:
        at, n, k = round(begin * RATE), round(seconds * RATE), max(1, round(fade * RATE))
        edge = np.minimum(np.arange(n), np.arange(n)[::-1]) / k
        sound[:, at : at + n] *= np.maximum(1.0 - edge if fade else np.zeros(n), left).astype(np.float32)
    return sound


@pytest.mark.parametrize("seconds", [0.01, 0.03, 0.08, 0.4, 1.8])
def test_a_hole(seconds):
    [finding] = findings(hear(cut(PROGRAMME, (5.0, seconds))))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((5.0, 5.0 + seconds), abs=0.005)
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("sound has a hole of up to ")


def test_holes_close_to_each_other_are_one_finding():
    [finding] = findings(hear(cut(PROGRAMME, (4.0, 0.08), (4.7, 0.08), (6.0, 0.08))))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((4.0, 6.08), abs=0.005)
    assert "3 holes" in finding.message


def test_up_to_the_end():
    [finding] = findings(hear(cut(PROGRAMME, (11.5, 0.2))))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((11.5, 11.7), abs=0.005)


def gated(seconds, step=0.25, share=0.5):
    t = np.arange(round(seconds * RATE)) / RATE
    return (programme(seconds) * (t % step < share * step)).astype(np.float32)


def drums(seconds):
    """Low and high strikes in turn, each cut off hard, with nothing between them."""
    rng, sound = np.random.default_rng(2), np.zeros((2, round(seconds * RATE)), np.float32)
    for number, at in enumerate(np.cumsum(rng.uniform(0.2, 0.5, int(seconds * 2)))):
        first, n = round(at * RATE), round(0.12 * RATE)
        t = np.arange(n) / RATE
        strike = np.sin(2 * np.pi * 60 * t) if number % 2 else np.diff(rng.standard_normal(n + 3), n=3) / 4
        room = sound[:, first : first + n]
        room += (0.3 * strike)[: room.shape[1]].astype(np.float32)
    return sound


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(PROGRAMME, id="programme"),
        pytest.param(silence(8.0), id="silence"),
        pytest.param(cut(PROGRAMME, (5.0, 0.003)), id="too short"),
        pytest.param(cut(PROGRAMME, (5.0, 2.5)), id="that is silence"),
        pytest.param(cut(PROGRAMME, (5.0, 0.6), fade=0.25), id="faded"),
        pytest.param(cut(0.01 * PROGRAMME, (5.0, 0.2)), id="too soft"),
        pytest.param(cut(PROGRAMME, (5.0, 0.2), left=0.1), id="not gone"),
        pytest.param(join(programme(4.0), gated(8.0)), id="a gate in time with music"),
        pytest.param(drums(12.0), id="drums"),
        pytest.param(join(programme(4.0), silence(0.2), sine(4.0, -20.0, hertz=3_000.0)), id="another sound begins"),
        pytest.param(sine(6.0, -12.0, hertz=41.0), id="bass goes through zero"),
        pytest.param(join(programme(5.0), silence(2.5), programme(3.0)), id="a pause"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_clicks_with_silence_between_are_no_running_sound():
    sound = silence(10.0)
    sound[:, RATE // 2 :: RATE] = 0.9
    assert findings(hear(sound)) == []


def test_readings_tell_what_is_on_both_sides():
    told = hear(cut(sine(6.0, -20.0, hertz=300.0), (3.0, 0.1)))
    assert readings(told, "beside") == pytest.approx([-23.0], abs=0.5)
    assert readings(told, "unlike")[0] < 3.0
    assert readings(told, "edge")[0] > 50.0
    assert len(readings(told, "floor")) == 6


HOLES = cut(PROGRAMME, (4.0, 0.08), (5.0, 0.08))


@settings(max_examples=10)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(Dropout, blocks(HOLES, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx(spans(hear(HOLES))[0], abs=1e-6)


def test_a_decoder_that_begins_anew_makes_no_hole():
    """It fades in, as it lacks what came before."""
    items = list(blocks(cut(PROGRAMME, (5.0, 0.02))))
    assert len(findings(observe(Dropout, items))) == 1
    seam = next(number for number, item in enumerate(items) if item.pts >= 5.0 - 1e-6)
    assert findings(observe(Dropout, [*items[:seam], Seam("audio:0", 5.0), *items[seam:]])) == []
