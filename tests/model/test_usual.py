from watchglass.model.usual import Usual


def told(*values, past=10.0, recent=1.0):
    usual = Usual(past, recent)
    for pts, value in values:
        usual.add(pts, value)
    return usual


def test_once_is_no_habit():
    assert told((1.0, 5.0)).at(4.0) == 0.0
    assert told((1.0, 5.0), (2.0, 3.0)).at(4.0) == 3.0


def test_what_came_just_now_and_what_is_long_past_do_not_count():
    usual = told((1.0, 5.0), (2.0, 3.0), (8.5, 9.0))
    assert usual.at(9.0) == 3.0
    assert usual.at(11.5) == 3.0  # the first is gone: 9 and 3 are left
    assert usual.at(30.0) == 0.0


def test_a_defect_is_forgotten():
    usual = told((1.0, 5.0), (2.0, 3.0), (3.0, 2.0))
    usual.forget(since=2.5)
    assert usual.at(6.0) == 3.0
    usual.forget(since=1.5)
    assert usual.at(6.0) == 0.0


def test_a_timeline_that_went_back_begins_again():
    assert told((100.0, 5.0), (101.0, 5.0)).at(3.0) == 0.0
