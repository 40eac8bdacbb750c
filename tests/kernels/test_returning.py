import numpy as np

from looking import scene
from watchglass.kernels.returning import Past, Returning
from watchglass.kernels.specks import Specks


def specks(*places, floor=20):
    rows, columns = (np.array([place[n] for place in places], np.intp) for n in (0, 1))
    return Specks(rows, columns, np.ones(len(rows), bool), np.full(len(rows), 100, np.uint8), floor)


def test_twice_at_the_same_place():
    returning = Returning()
    assert returning.last is None
    assert len(returning.again(specks((5, 7)), 1.0, 0.0).row) == 0
    again = returning.again(specks((5, 8), (9, 9)), 2.0, 0.0)
    assert (again.row.tolist(), again.column.tolist(), again.first.tolist()) == ([5], [8], [1.0])
    assert (again.unseen.tolist(), again.came.tolist()) == ([0.0], [False])
    assert returning.last == 2.0


def test_it_came_when_it_was_not_there_before():
    returning = Returning()
    for pts, places in ((1.0, ()), (2.0, ((5, 7),))):
        returning.again(specks(*places), pts, 0.0)
    again = returning.again(specks((5, 7)), 3.0, 0.0)
    assert (again.unseen.tolist(), again.first.tolist(), again.came.tolist()) == ([1.0], [2.0], [True])


def test_what_was_there_and_went_is_another_thing():
    returning = Returning()
    for pts, places in ((1.0, ((5, 7),)), (2.0, ())):
        returning.again(specks(*places), pts, 0.0)
    again = returning.again(specks((5, 7)), 3.0, 0.0)
    assert (again.unseen.tolist(), again.first.tolist(), again.came.tolist()) == ([2.0], [3.0], [False])


def test_what_was_not_steep_enough_to_be_looked_at_may_have_been_there():
    returning = Returning()
    for pts, places in ((1.0, ()), (2.0, ((5, 7),))):
        returning.again(specks(*places, floor=90), pts, 0.0)
    assert returning.again(specks((5, 7)), 3.0, 0.0).came.tolist() == [False]


def test_alone_and_not():
    past, now = Past(), scene()
    past.keep(now, 1.0)
    dotted, other = now.copy(), now.copy()
    dotted[40:42, 70:72] = 235
    other[30:50, 60:66] = 235
    where = (40 / 90, 70 / 160, 160)
    assert past.is_alone(dotted, *where, 1.0)
    assert not past.is_alone(other, *where, 1.0)
    assert not past.is_alone(dotted, *where, 0.5)  # nothing is known of then
    assert past.is_same_shot(dotted, 1.0)
    assert not past.is_same_shot(scene(8), 1.0)
