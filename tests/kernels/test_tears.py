import numpy as np
import pytest

from looking import moving, scene
from watchglass.kernels.tears import again, changes, rows, tear

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


def places(clip, age, lines):
    """Where rows of the last picture are again as they were, the lower parts being so many pictures late."""
    shown = [torn(clip[n], clip[max(0, n - age)], line) for n, line in enumerate(lines)]
    past = [rows(picture) for picture in shown[:-1]][-5:]
    return again(rows(shown[-1]), shown[-1], shown[-2], changes(rows(shown[-1]), past))


RISING = np.linspace(0.7, 0.5, 10)


@pytest.mark.parametrize("clip", [moving(0.4), np.repeat(moving(0.2), 2, axis=0)[:-1]], ids=["once", "shown twice"])
def test_rows_that_the_line_passes_are_as_they_were(clip):
    [place] = places(clip, 4, RISING[-len(clip) :])
    assert place.age == 4
    assert place.at == pytest.approx(RISING[-1] + 0.05, abs=0.03)  # it has passed them since then


@pytest.mark.parametrize("lines", [RISING[::-1], np.full(10, 0.5)], ids=["falls", "stays"])
def test_no_row_is_as_it_was_where_the_line(lines):
    assert places(moving(0.4), 4, lines) == []


def test_what_was_behind_something_is_as_it_was_at_any_time():
    still = scene(7)
    clip = [still.copy() for _ in range(10)]
    for n, picture in enumerate(clip):
        picture[:20] = moving(0.4)[n][:20]
        picture[-20:] = moving(0.4)[n][-20:]
    clip[-2][34:38] = 200
    now = rows(clip[-1])
    assert again(now, clip[-1], clip[-2], changes(now, [rows(picture) for picture in clip[4:9]])) == []
