import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening import blocks, findings, join, observe, programme, readings, silence, spans
from watchglass.detectors.audio.phase import Phase
from watchglass.model.finding import Finding, Severity

RATE = 48_000


def hear(sound, **options):
    return observe(Phase, blocks(sound, **options))


def inverted(sound, begin, end, channel=1):
    sound = sound.copy()
    sound[channel, round(begin * RATE) : round(end * RATE)] *= -1.0
    return sound


def wide(seconds, share, seed=3):
    """Two sides that have this share (0 to 1) of their power in common; below 0 with opposite signs."""
    one, other, both = (programme(seconds, channels=1, seed=seed + i)[0] for i in range(3))
    common, own = np.sqrt(abs(share)) * both, np.sqrt(1.0 - abs(share))
    return np.stack([common + own * one, np.sign(share) * common + own * other]).astype(np.float32)


CENTRE = np.tile(programme(14.0, channels=1), (2, 1))


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        pytest.param(CENTRE, "opposite", id="one voice"),
        pytest.param(programme(14.0), "inverted", id="a room"),
        pytest.param(wide(14.0, 0.5), "inverted", id="a wide mix"),
    ],
)
@pytest.mark.parametrize("channel", [0, 1])
def test_one_side_is_inverted(sound, reason, channel):
    [finding] = findings(hear(inverted(sound, 5.0, 9.0, channel)))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((5.0, 9.0), abs=0.2)
    assert finding.reason == reason
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(programme(10.0), id="programme"),
        pytest.param(programme(10.0, channels=1), id="mono"),
        pytest.param(silence(5.0), id="silence"),
        pytest.param(inverted(CENTRE, 5.0, 6.5), id="too short"),
        pytest.param(wide(10.0, -0.5), id="wide throughout"),
        pytest.param(join(wide(8.0, 0.1), wide(6.0, -0.3)), id="nothing in common, and then wide"),
        pytest.param(join(wide(8.0, 0.9), wide(6.0, -0.3)), id="narrow, and then wide"),
        pytest.param(inverted(programme(12.0, channels=6), 4.0, 10.0, 5), id="a surround channel"),
    ],
)
def test_nothing_to_tell(sound):
    assert findings(hear(sound)) == []


def test_opposite_from_the_start_to_the_end():
    assert spans(hear(inverted(CENTRE, 0.0, 14.0))) == [pytest.approx((0.0, 14.0), abs=0.01)]


def test_what_turned_in_a_pause_is_dated_there():
    faint = np.concatenate([np.ones(6 * RATE), np.full(2 * RATE, 1e-3), np.ones(6 * RATE)]).astype(np.float32)
    [(opened, closed)] = spans(hear(inverted(CENTRE * faint, 6.7, 12.0)))
    assert (opened, closed) == pytest.approx((6.7, 12.0), abs=0.1)


def test_it_is_told_after_two_seconds():
    opened = next(f for f in hear(inverted(CENTRE, 5.0, 14.0)) if isinstance(f, Finding))
    assert opened.told_at == pytest.approx(7.0, abs=0.1)


def test_the_correlation_of_the_front_is_told_and_that_of_pauses_apart():
    told = hear(join(CENTRE[:, :RATE], 1e-3 * CENTRE[:, :RATE], silence(1.0)))
    assert readings(told, "correlation") == pytest.approx([1.0] * 20)
    assert readings(told, "faint") == pytest.approx([1.0] * 20, abs=1e-3)


INVERTED = inverted(programme(12.0), 4.0, 9.0)


@settings(max_examples=15)
@given(start=st.integers(0, 10**5), sizes=st.lists(st.integers(2400, 9600), min_size=1, max_size=4))
def test_neither_start_nor_block_sizes_matter(start, sizes):
    [(opened, closed)] = spans(observe(Phase, blocks(INVERTED, sizes=sizes, start=start), start=start))
    assert (opened - start, closed - start) == pytest.approx((4.0, 9.0), abs=0.21)
