import numpy as np

from looking import moving, scene
from watchglass.kernels.places import FULL, Places
from watchglass.kernels.returning import Again


def again(row=40, column=70, *, unseen=0.0, first=0.1, came=False):
    values = (row, column, True, unseen, first, came)
    return Again(*(np.array([value]) for value in values))


def watched(clip, found, *, alone=False, cut=None):
    places = Places()
    places.add(clip[0], found, lambda row, column, since: alone)
    for n, picture in enumerate(clip):
        places.look(picture, n / 5, lambda n=n: n == cut)
    return places


def marked(clip):
    clip = [picture.copy() for picture in clip]
    for picture in clip:
        picture[40:42, 70:72] = 235
    return clip


def test_what_stays_is_held():
    best = watched(marked(moving(2.0, speed=6)), again()).best()
    assert best.held == FULL
    assert (best.row, best.column, best.places) == (40, 70, 1)
    assert best.since == 0.05


def test_what_is_not_there_is_forgotten():
    places = watched(moving(2.0, speed=6), again())
    assert len(places) == 0
    assert places.best() is None


def test_nothing_can_be_told_of_a_still():
    assert watched(marked([scene()] * 50), again()).best() is None


def test_what_came_alone_is_held_in_a_still():
    assert watched(marked([scene(contrast=8.0)] * 50), again(came=True), alone=True).best().held == FULL
    assert watched(marked([scene(contrast=8.0)] * 50), again(came=True), alone=False).best() is None


def test_one_place_is_dated_by_all_that_is_known_of_it():
    places = watched(marked(moving(2.0, speed=6)), again(first=0.5))
    places.add(marked(moving(0.2, speed=6))[0], again(41, 71, unseen=0.3, first=0.4), lambda row, column, since: False)
    assert len(places) == 1
    assert places.best().since == 0.35


def test_what_has_survived_a_cut_is_held_in_a_still():
    clip = marked([scene(contrast=20.0) // 2] * 5 + [scene(2, contrast=20.0) // 2 + 90] * 20)
    assert watched(clip, again()).best() is None
    assert watched(clip, again(), cut=5).best().held == FULL
