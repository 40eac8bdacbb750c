import cv2
import numpy as np
import pytest

from looking import findings, frames, moving, observe, plain, scene, spans, still
from watchglass.detectors.video.border import Border, BorderSettings
from watchglass.model.finding import Severity

LETTERBOX, PILLARBOX, WINDOW = (11, 0), (0, 20), (8, 14)
FILM, NARROW = (11, 0), (0, 20)


def bright(clip):
    """Nothing in it is as dark as black."""
    return [np.maximum(picture, 40) for picture in clip]


def fitted(clip, lines):
    """Squeezed, with so many lines of black above and below and beside."""
    top, left = lines
    made = []
    for picture in clip:
        height, width = picture.shape
        small = cv2.resize(picture, (width - 2 * left, height - 2 * top), interpolation=cv2.INTER_AREA)
        made.append(cv2.copyMakeBorder(small, top, top, left, left, cv2.BORDER_CONSTANT, value=16))
    return made


def covered(clip, lines):
    """The same with black over it."""
    top, left = lines
    made = [picture.copy() for picture in clip]
    for picture in made:
        picture[:top] = picture[picture.shape[0] - top :] = 16
        picture[:, :left] = picture[:, picture.shape[1] - left :] = 16
    return made


def between(clip, begin, end, change, *how):
    """A clip of which the seconds from ``begin`` to ``end`` are changed."""
    first, last = round(25 * begin), round(25 * end)
    return clip[:first] + change(clip[first:last], *how) + clip[last:]


PROGRAMME = bright(moving(5.0))


def told(clip, limits=None):
    return observe(Border, frames(clip), settings=limits)


def alarms(seen):
    return [(f.opened_at, f.closed_at) for f in findings(seen) if f.severity > Severity.INFO]


@pytest.mark.parametrize("change", [fitted, covered])
@pytest.mark.parametrize("lines", [LETTERBOX, PILLARBOX, WINDOW, (6, 0), (0, 8)])
def test_in_the_middle_of_a_shot(change, lines):
    assert alarms(told(between(PROGRAMME, 2.0, 4.0, change, lines))) == [pytest.approx((2.0, 4.0), abs=0.01)]


def test_an_encoder_may_leave_a_ghost_in_the_first_picture():
    clip = between(PROGRAMME, 2.0, 4.0, fitted, WINDOW)
    clip[50] = cv2.addWeighted(clip[50], 0.7, PROGRAMME[49], 0.3, 0.0)
    assert alarms(told(clip)) == [pytest.approx((2.04, 4.0), abs=0.01)]


def test_up_to_the_end():
    assert alarms(told(between(PROGRAMME, 3.0, 5.0, fitted, WINDOW))) == [pytest.approx((3.0, 5.0), abs=0.01)]


def test_a_film_that_is_shrunken():
    film = covered(PROGRAMME, FILM)
    assert alarms(told(between(film, 2.0, 4.0, fitted, WINDOW))) == [pytest.approx((2.0, 4.0), abs=0.01)]


def shrunken(clip):
    """Into the upper left corner."""
    made = []
    for picture in clip:
        canvas = np.full_like(picture, 16)
        canvas[:63, :112] = cv2.resize(picture, (112, 63), interpolation=cv2.INTER_AREA)
        made.append(canvas)
    return made


def test_into_a_corner():
    [finding] = findings(told(between(PROGRAMME, 2.0, 4.0, shrunken)))
    assert (finding.opened_at, finding.severity) == (pytest.approx(2.0, abs=0.01), Severity.WARNING)
    assert (finding.region.w, finding.region.h) == pytest.approx((0.7, 0.7), abs=0.03)


def fade(clip, begin, end):
    """To black and back, evenly."""
    share = np.interp(np.arange(len(clip)) / 25.0, [begin, (begin + end) / 2.0, end], [1.0, 0.0, 1.0])
    return [
        (16 + (picture.astype(float) - 16) * part).astype(np.uint8) for picture, part in zip(clip, share, strict=True)
    ]


def title():
    """Text on black."""
    picture = np.full((90, 160), 16, np.uint8)
    cv2.putText(picture, "THE END", (30, 50), cv2.FONT_HERSHEY_DUPLEX, 0.8, 230, 1)
    return picture


def lit(share):
    """A scene of which only the middle is lit, fading off to the sides."""
    ramp = np.minimum(np.arange(160), np.arange(160)[::-1]) / 80.0
    light = np.clip((ramp - (1.0 - share)) * 4.0, 0.0, 1.0)
    return [(16 + (picture.astype(float) - 16) * light).astype(np.uint8) for picture in bright(moving(2.0))]


def slides_in():
    """Bars that grow by a line at a time, as titles of films have it."""
    return [covered([picture], (min(n // 3, 11), 0))[0] for n, picture in enumerate(PROGRAMME)]


OTHER = bright(moving(5.0, seed=7))


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(PROGRAMME, id="none"),
        pytest.param(covered(PROGRAMME, FILM), id="a film"),
        pytest.param(fade(covered(PROGRAMME, FILM), 1.0, 4.0), id="a film that fades"),
        pytest.param(fade(PROGRAMME, 1.0, 4.0), id="a fade"),
        pytest.param(PROGRAMME[:50] + covered(OTHER[:75], FILM) + PROGRAMME[50:], id="an advert in another shape"),
        pytest.param(
            [each for n in range(3) for each in (*PROGRAMME[50 * n :][:25], *fitted(OTHER[50 * n :][:25], NARROW))],
            id="scenes that alternate",
        ),
        pytest.param(PROGRAMME[:50] + still(2.0, title()) + PROGRAMME[50:], id="a title on black"),
        pytest.param(lit(1.0) + lit(0.6) + lit(1.0), id="only the middle is lit"),
        pytest.param([scene(3) // 8 + 8] * 50 + PROGRAMME[:50] + [scene(4) // 8 + 8] * 50, id="dark scenes"),
        pytest.param(slides_in(), id="they slide in"),
        pytest.param(PROGRAMME[:50] + plain(1.0, 16) + covered(OTHER, FILM), id="through black"),
        pytest.param(between(PROGRAMME, 2.0, 2.2, fitted, WINDOW), id="too briefly"),
    ],
)
def test_no_alarm(clip):
    assert alarms(told(clip)) == []


def test_another_shape_since_a_cut_is_information():
    clip = PROGRAMME[:50] + covered(OTHER, FILM) + PROGRAMME[50:]
    [finding] = findings(told(clip))
    assert (finding.opened_at, finding.closed_at) == pytest.approx((2.0, 7.0), abs=0.01)
    assert (finding.severity, finding.reason) == (Severity.INFO, "cut")
    assert finding.message == "Black above and below the picture, since a cut, for 5.0 s"


def test_a_shrunken_advert_is_graver_than_its_shape():
    advert = between(covered(OTHER, FILM), 3.0, 5.0, fitted, WINDOW)
    seen = findings(told(PROGRAMME[:50] + advert + PROGRAMME[50:]))
    assert [(f.reason, pytest.approx(f.opened_at, abs=0.01)) for f in seen] == [("cut", 2.0), ("squeezed", 5.0)]


def test_the_region_is_the_picture_that_is_left():
    [finding] = findings(told(between(PROGRAMME, 2.0, 4.0, fitted, PILLARBOX)))
    region = finding.region
    assert (region.x, region.y, region.w, region.h) == pytest.approx((0.125, 0.0, 0.75, 1.0), abs=0.02)
    assert finding.message == "Black at the sides of the picture, in the middle of a shot, for 2.0 s"


def test_one_bad_picture_does_not_end_it():
    clip = between(PROGRAMME, 2.0, 4.0, fitted, WINDOW)
    clip[70] = PROGRAMME[70]
    assert len(spans(told(clip))) == 1


def test_another_patience():
    assert spans(told(between(PROGRAMME, 2.0, 4.0, fitted, WINDOW), BorderSettings(open_after=3.0))) == []
