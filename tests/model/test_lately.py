from watchglass.model.finding import Reading
from watchglass.model.lately import Lately


def heard(values, learns=True, lately=None):
    lately = lately or Lately(3, 5, 2)
    for value in values:
        number = len(lately.recent) + len(lately.past)
        lately.add(Reading("audio.test", None, "level", 0.1 * number, 0.1, value, "1"), learns=learns)
    return lately


def test_what_leaves_the_window_becomes_the_past():
    lately = heard([1.0, 2.0, 3.0, 4.0])
    assert lately.is_full
    assert lately.last(3) == [2.0, 3.0, 4.0]
    assert lately.last(2) == [3.0, 4.0]
    assert list(lately.past) == [1.0]


def test_there_is_no_usual_without_enough_of_a_past():
    assert heard([1.0, 2.0, 3.0, 4.0]).usual is None
    assert heard([1.0, 2.0, 3.0, 4.0, 5.0]).usual == 1.5


def test_nothing_is_learnt_while_something_is_suspected():
    lately = heard([9.0] * 4, learns=False, lately=heard([1.0] * 5))
    assert lately.usual == 1.0
    assert lately.last(3) == [9.0] * 3


def test_the_past_is_bounded():
    assert len(heard([1.0] * 20).past) == 5


def test_when_it_turned():
    assert heard([0.0, 0.0, 1.0]).turned(0.0, 1.0) == 0.2
