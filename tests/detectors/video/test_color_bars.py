import numpy as np
import pytest

from looking import findings, frames, moving, observe, painted, spans
from watchglass.detectors.video.color_bars import ColorBars, ColorBarsSettings
from watchglass.faults.recipes.cards import ebu, smpte
from watchglass.model.finding import Severity
from watchglass.model.media import Colour, VideoFrame

SIZE = (180, 320)
UNITS = ((1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1))
LOOK = 0.08
"""Seconds between two looks at 25 pictures a second."""


def rp219():
    """SMPTE RP 219: grey beside bars in three quarters of the width; a ramp and PLUGE below."""
    bars = [(0.75,) * 3, *(tuple(0.75 * part for part in unit) for unit in UNITS)]
    shares = np.array([0.125, *[0.75 / 7] * 7, 0.125])
    colours = np.array([(0.4,) * 3, *bars, (0.4,) * 3], np.float32)
    which = np.searchsorted(np.cumsum(shares), (np.arange(SIZE[1]) + 0.5) / SIZE[1])
    card = np.tile(colours[which], (SIZE[0], 1, 1))
    card[105:] = np.linspace(0.0, 1.0, SIZE[1])[None, :, None]
    return card


def placed(card, top, left):
    """Shrunken, with black around."""
    made = np.zeros_like(card)
    rows = np.linspace(0, SIZE[0] - 1, SIZE[0] - 2 * top).astype(int)
    columns = np.linspace(0, SIZE[1] - 1, SIZE[1] - 2 * left).astype(int)
    made[top : SIZE[0] - top, left : SIZE[1] - left] = card[rows][:, columns]
    return made


def clip(card, seconds, *, before=1.0, after=1.0, **how):
    """Motion, a card, and motion again."""
    shown = list(frames(moving(before)))
    shown += painted([card] * round(25 * seconds), start=before, **how)
    return shown + list(frames(moving(after), start=before + seconds))


@pytest.mark.parametrize(
    "card",
    [
        pytest.param(smpte(*SIZE), id="SMPTE"),
        pytest.param(ebu(*SIZE), id="EBU"),
        pytest.param(rp219(), id="SMPTE for HD"),
        pytest.param(placed(smpte(*SIZE), 23, 0), id="in a letterbox"),
        pytest.param(placed(smpte(*SIZE), 0, 40), id="in a pillarbox"),
        pytest.param(placed(rp219(), 23, 40), id="in a window box"),
    ],
)
def test_bars_are_an_alarm(card):
    told = observe(ColorBars, clip(card, 2.0))
    assert spans(told) == [pytest.approx((1.0, 3.0), abs=LOOK)]
    assert [finding.severity for finding in findings(told)] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [pytest.param(0.16, [], id="a flash"), pytest.param(0.4, [Severity.INFO], id="in a trailer")],
)
def test_too_brief_for_an_alarm(seconds, expected):
    assert [finding.severity for finding in findings(observe(ColorBars, clip(ebu(*SIZE), seconds)))] == expected


def test_up_to_the_end():
    assert spans(observe(ColorBars, clip(ebu(*SIZE), 2.0, after=0.0))) == [pytest.approx((1.0, 3.0), abs=LOOK)]


def test_one_bad_picture_does_not_end_them():
    card, broken = ebu(*SIZE), np.zeros((*SIZE, 3), np.float32)
    shown = painted([card] * 20 + [broken] * 3 + [card] * 20)
    assert spans(observe(ColorBars, shown)) == [pytest.approx((0.0, 1.72), abs=LOOK)]


def rainbow():
    """Red, orange, yellow, green, blue, violet."""
    colours = np.array([(1, 0, 0), (1, 0.5, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (0.5, 0, 1)], np.float32)
    return np.tile(np.repeat(colours, 53, axis=0), (180, 1, 1))


def small_bars():
    """On a screen in the picture."""
    card = np.full((*SIZE, 3), 0.4, np.float32)
    card[40:70, 100:160] = ebu(30, 60)
    return card


@pytest.mark.parametrize(
    "card",
    [
        pytest.param(rainbow(), id="a rainbow"),
        pytest.param(small_bars(), id="small, in a scene"),
        pytest.param(ebu(*SIZE)[:, ::1].transpose(1, 0, 2)[: SIZE[0]], id="lying"),
        pytest.param(np.tile(ebu(*SIZE).mean(axis=2, keepdims=True), (1, 1, 3)), id="without colour"),
        pytest.param(np.tile(np.array([[[0, 0, 0.6]], [[1, 1, 1]], [[0.7, 0, 0]]])[:, 0], (180, 100, 1)), id="a flag"),
    ],
)
def test_other_stripes_are_no_bars(card):
    assert findings(observe(ColorBars, painted([card.astype(np.float32)] * 50))) == []


@pytest.mark.parametrize(("full", "depth"), [(True, 8), (False, 10)])
def test_other_formats(full, depth):
    shown = painted([smpte(*SIZE)] * 25, colour=Colour(full, "sdr"), bit_depth=depth)
    assert spans(observe(ColorBars, shown)) == [pytest.approx((0.0, 1.0), abs=LOOK)]


def test_a_picture_without_colour_is_not_asked_for_any():
    luma = next(iter(painted([ebu(*SIZE)]))).luma
    shown = [VideoFrame(track="video:0", pts=n / 25, duration=0.04, luma=luma, chroma=None) for n in range(50)]
    assert findings(observe(ColorBars, shown)) == []


@pytest.mark.parametrize(
    ("card", "reason", "percent"),
    [(smpte(*SIZE), "usual", "75 %"), (np.minimum(ebu(*SIZE) / 0.75, 1.0), "full", "100 %")],
)
def test_it_says_which(card, reason, percent):
    [finding] = findings(observe(ColorBars, painted([card] * 50)))
    assert finding.reason == reason
    assert finding.message == f"Colour bars ({percent}) instead of a programme for 2.0 s"


def test_another_patience():
    limits = ColorBarsSettings(open_after=3.0)
    assert spans(observe(ColorBars, clip(ebu(*SIZE), 2.0), settings=limits)) == []
