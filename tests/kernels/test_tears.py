import numpy as np
import pytest

from looking import moving, scene
from watchglass.kernels.tears import changes, rows, tear

CLIP = moving(0.4)


def torn(now, then, line=0.5):
    cut = round(line * len(now))
    return np.concatenate([now[:cut], then[cut:]])


def seen(now, past):
    past = [rows(picture) for picture in past]
    return tear(rows(now), past, changes(rows(now), past))


@pytest.mark.parametrize("age", [2, 3, 5])
@pytest.mark.parametrize("line", [0.2, 0.5, 0.8])
def test_the_lower_part_of_an_older_picture(age, line):
    found = seen(torn(CLIP[6], CLIP[6 - age], line), CLIP[:6])
    assert found.age == age
    assert found.line == pytest.approx(line, abs=0.08)
    assert found.back < 0.1


def test_motion_goes_on():
    found = seen(CLIP[6], CLIP[:6])
    assert found is None or found.back > 0.9


def test_all_of_it_goes_back():
    found = seen(CLIP[3], CLIP[:6])
    assert found is None or found.back > 0.45


def test_only_the_lower_part_moves():
    still = scene(4)
    past = [torn(still, picture) for picture in CLIP[:6]]
    assert seen(torn(still, CLIP[3]), past) is None


def test_too_few_pictures_or_rows():
    assert seen(CLIP[1], CLIP[:1]) is None
    assert seen(CLIP[6][:1], [picture[:1] for picture in CLIP[:6]]) is None


def test_rows_of_a_tall_picture():
    kept = rows(scene(width=64, height=360))
    assert 64 <= len(kept) <= 72
    assert kept.base is None
