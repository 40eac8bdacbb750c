import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, spans
from watchglass.detectors.audio.click import Click
from watchglass.model.finding import Severity
from watchglass.model.media import Seam

RATE = 48_000
PROGRAMME = programme(12.0)


def hear(sound, **options):
    return observe(Click, blocks(sound, **options))


def clicking(sound, *moments, by=0.4):
    """Single samples that are wrong by so much."""
    sound = sound.copy()
    sound[:, [round(at * RATE) for at in moments]] += np.float32(by)
    return sound


def test_a_click():
    [finding] = findings(hear(clicking(PROGRAMME, 5.0, by=0.8)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((5.0, 5.0), abs=0.005)
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("a click")


def test_several_are_one_finding():
    [finding] = findings(hear(clicking(PROGRAMME, 4.0, 4.7, 5.93)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((4.0, 5.93), abs=0.005)
    assert finding.message.startswith("3 clicks")


def test_several_faint_ones_speak_for_one_another():
    faint = {"by": 0.15}
    assert findings(hear(clicking(PROGRAMME, 5.0, **faint))) == []
    assert len(findings(hear(clicking(PROGRAMME, 5.0, 5.83, 6.41, **faint)))) == 1


def test_crackle():
    moments = 4.0 + np.cumsum(np.random.default_rng(3).uniform(0.02, 0.2, 20))
    [finding] = findings(hear(clicking(PROGRAMME, *moments)))
    assert finding.opened_at == pytest.approx(moments[0], abs=0.3)


def drums(seconds):
    """Strikes of noise that ring for 20 ms."""
    rng, sound = np.random.default_rng(2), np.zeros((2, round(seconds * RATE)), np.float32)
    for at in np.cumsum(rng.uniform(0.1, 0.5, int(2 * seconds))):
        strike = 0.3 * rng.standard_normal(4_800) * np.exp(-np.arange(4_800) / 960.0)
        room = sound[:, round(at * RATE) : round(at * RATE) + 4_800]
        room += strike[: room.shape[1]].astype(np.float32)
    return sound


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(PROGRAMME, id="programme"),
        pytest.param(silence(8.0), id="silence"),
        pytest.param(drums(12.0), id="drums"),
        pytest.param(join(programme(4.0), drums(8.0)), id="drums begin"),
        pytest.param(clicking(PROGRAMME, *np.arange(3.0, 9.0, 0.5)), id="a metronome"),
        pytest.param(clicking(PROGRAMME, 5.0, by=0.003), id="not to be heard"),
        pytest.param(clicking(PROGRAMME, 5.0), id="one that stands out little"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_readings_are_few():
    assert len(readings(hear(clicking(PROGRAMME, 5.0)), "prominence")) <= 14


CLICKS = clicking(PROGRAMME, 4.0, 4.9, 5.3)


@settings(max_examples=6)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(Click, blocks(CLICKS, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx(spans(hear(CLICKS))[0], abs=1e-6)


def test_a_decoder_that_begins_anew_makes_no_click():
    """What it gives first lacks what came before: there is a step."""
    items = list(blocks(clicking(PROGRAMME, 5.0, by=0.8)))
    assert len(findings(observe(Click, items))) == 1
    seam = next(number for number, item in enumerate(items) if item.pts >= 5.0 - 1e-6)
    assert findings(observe(Click, [*items[:seam], Seam("audio:0", 5.0), *items[seam:]])) == []
