import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looking import findings, frames, moving, observe, readings, scene, spans, still
from watchglass.detectors.video.combing import Combing, CombingSettings
from watchglass.model.finding import Severity


def woven(clip, back=2, every=1):
    """Odd lines of each (or every so many) picture are ``back`` pictures older."""
    shown = [picture.copy() for picture in clip]
    for n in range(back, len(clip)):
        if n % every == 0:
            shown[n][1::2] = clip[n - back][1::2]
    return shown


def pulled_down(clip):
    """Two woven pictures in five, as when film is spread over fields and taken for progressive."""
    shown = []
    for n in range(0, len(clip) - 3, 4):
        a, b, c, d = clip[n : n + 4]
        first, second = b.copy(), c.copy()
        first[1::2], second[1::2] = c[1::2], d[1::2]
        shown += [a, b, first, second, d]
    return shown


def striped(clip, rows):
    """Stripes of one line each, which stay where they are while the rest moves."""
    shown = [picture.copy() for picture in clip]
    for picture in shown:
        picture[rows][1::2] = 30
        picture[rows][::2] = 200
    return shown


def broken(seconds, before=2.0, after=3.0):
    clip = moving(before + seconds + after)
    first, last = round(25 * before), round(25 * (before + seconds))
    return clip[:first] + woven(clip)[first:last] + clip[last:]


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(moving(4.0), [], id="motion"),
        pytest.param(still(4.0, noise=4.0), [], id="noise"),
        pytest.param(broken(2.0), [(2.0, 4.0)], id="teeth, dated back to the first"),
        pytest.param(moving(2.0) + woven(moving(4.0)), [(2.0, 6.0)], id="to the end"),
        pytest.param(broken(0.04), [], id="one woven picture, as at a cut"),
        pytest.param(woven(moving(4.0, speed=3), back=1), [(0.1, 4.0)], id="one picture apart"),
        pytest.param(pulled_down(moving(4.0)), [(0.1, 5.0)], id="two woven pictures in five"),
        pytest.param(striped(moving(4.0), slice(20, 70)), [], id="stripes in a picture that moves"),
        pytest.param(still(2.0, woven(moving(0.2))[-1]), [], id="nothing moves"),
        pytest.param([picture[:4] for picture in woven(moving(1.0))], [], id="too small for bands"),
        pytest.param(moving(0.5) + [scene(3)[:60]] * 5 + moving(0.5), [], id="another format"),
    ],
)
def test_spans(clip, expected):
    assert spans(observe(Combing, frames(clip))) == [pytest.approx(span, abs=0.25) for span in expected]


def test_what_is_told():
    [finding] = findings(observe(Combing, frames(broken(2.0))))
    assert finding.severity is Severity.WARNING
    assert "teeth" in finding.message


def test_pictures_flagged_as_interlaced_are_left_to_their_players():
    shown = list(frames(woven(moving(3.0))))
    for frame in shown:
        frame.interlaced = True
    assert observe(Combing, shown) == []


def test_twelve_looks_a_second_whatever_the_rate():
    for rate in (12.5, 25, 50, 60):
        looks = readings(observe(Combing, frames(moving(2.0, rate=rate), rate=rate)), "combed_share")
        assert 20 <= len(looks) <= 34


def test_looks_far_apart_do_not_add_up():
    clip = woven(moving(1.0))
    parts = [frame for n in range(5) for frame in frames(clip[10:14], start=2.0 * n)]
    assert len(spans(observe(Combing, parts, settings=CombingSettings(open_hits=4.0)))) == 0


def test_ten_bits():
    deep = [picture.astype(np.uint16) << 2 for picture in broken(2.0)]
    [span] = spans(observe(Combing, frames(deep, bit_depth=10, chroma=(512, 512))))
    assert span == pytest.approx((2.0, 4.0), abs=0.25)


@settings(max_examples=10, deadline=None)
@given(start=st.integers(0, 10**6))
def test_the_timeline_may_start_anywhere(start):
    [(opened, closed)] = spans(observe(Combing, frames(broken(2.0), start=float(start)), start=float(start)))
    assert (opened - start, closed - start) == pytest.approx((2.0, 4.0), abs=0.25)
