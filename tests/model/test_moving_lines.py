import pytest

from watchglass.model.moving_lines import MovingLines


def told(places, age=4):
    """When a line is said to move (picture), of 25 a second, and since when: {picture: share of the height}."""
    lines = MovingLines()
    for n in range(60):
        if n in places:
            lines.add(f"again_{age}", places[n])
        found = lines.end(n / 25.0)
        if found is not None:
            return n, found[0]
    return None


def way(every, speed, first=5):
    return {n: 0.9 - speed * (n - first) for n in range(first, 60, every)}


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        pytest.param(way(2, 0.012), (13, 0.2), id="five in sixteen pictures"),
        pytest.param(way(4, 0.012), (21, 0.2), id="five in more, and none elsewhere"),
        pytest.param(way(4, 0.012) | {7: 0.1, 18: 0.3}, (37, 0.2), id="nine in more"),
        pytest.param(way(12, 0.012), None, id="too few"),
        pytest.param(way(2, 0.0), None, id="what rests"),
        pytest.param({n: (0.37 * n) % 1.0 for n in range(0, 60, 4)}, None, id="here and there"),
    ],
)
def test_a_line_moves_when_enough_places_are_on_its_way(places, expected):
    assert told(places) == expected


def test_what_was_there_two_pictures_ago_must_follow_once_more():
    assert told(way(2, 0.012), age=2) == (15, 0.2)
