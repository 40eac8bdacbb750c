import numpy as np

from readings import Stretch, columns, readings
from watchglass.model.finding import Reading
from watchglass.model.frames import Frames


def told(*names):
    return [Reading("video.x", "video:0", name, at, 0.04, float(at), "1") for at, name in enumerate(names)]


def test_columns_are_the_readings():
    there = readings("video.freeze", [Stretch("edge", 200)], 5)
    again = list(columns(there).readings())
    assert again == there
    assert all(type(each) is Reading for each in again)


def test_a_decision_ends_with_what_decides():
    frames, rest = Frames.cut(columns(told("a", "b", "end", "a", "end", "end", "a")), ["end"])
    assert len(frames) == 3
    assert frames.value.tolist() == [2.0, 4.0, 5.0]
    np.testing.assert_array_equal(frames.of("a"), [0.0, 3.0, np.nan])
    np.testing.assert_array_equal(frames.of("unheard of"), [np.nan] * 3)
    assert [each.name for each in rest.readings()] == ["a"]


def test_some_of_them_and_together_again():
    frames, _ = Frames.cut(columns(told("a", "end", "end", "a", "b", "end", "end")), ["end"])
    for wanted in (slice(1, 3), np.array([False, True, True, False])):
        assert [each.pts for each in frames[wanted].columns.readings()] == [2, 3, 4, 5]
    both = frames[slice(0, 2)].followed_by(frames[slice(2, 4)])
    assert both.ends.tolist() == frames.ends.tolist()
    assert list(both.columns.readings()) == list(frames.columns.readings())


def test_nothing_to_decide():
    frames, rest = Frames.cut(columns(told("a", "b")), ["end"])
    assert (len(frames), len(rest)) == (0, 2)
    assert len(frames[slice(0, 0)]) == 0
