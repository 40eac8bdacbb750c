from collections.abc import Sequence

import pytest

from watchglass.media.dash_numbering import Numbered, Numbering


def copy(first: int, last: int, *, shift: float = 0.0, epoch: str = "a") -> list[Numbered]:
    """Segments of two seconds each, which begin at ``2 * number + shift``."""
    return [Numbered(2.0 * number + shift, 2.0, epoch) for number in range(first, last + 1)]


def numbers(numbering: Numbering, copy: Sequence[Numbered], first: int = 7, published: float | None = None) -> list:
    return [one and one.sequence for one in numbering.number(copy, first, published)]


def test_segments_keep_their_numbers_from_copy_to_copy() -> None:
    numbering = Numbering()
    assert numbers(numbering, copy(0, 3), first=100) == [100, 101, 102, 103]
    assert numbers(numbering, copy(2, 5), first=2) == [102, 103, 104, 105]
    assert numbers(numbering, copy(2, 5)) == [102, 103, 104, 105]
    assert numbers(numbering, copy(1, 4)) == [101, 102, 103, 104]  # an old copy


def test_times_that_are_rounded_name_the_same_segment() -> None:
    numbering = Numbering()
    assert numbers(numbering, copy(0, 3)) == [7, 8, 9, 10]
    assert numbers(numbering, copy(1, 4, shift=0.3)) == [8, 9, 10, 11]


def test_segments_that_were_never_seen_are_counted() -> None:
    numbering = Numbering()
    assert numbers(numbering, copy(0, 3)) == [7, 8, 9, 10]
    assert numbers(numbering, copy(9, 10)) == [16, 17]


def test_a_hole_that_a_copy_shows_counts_for_nothing() -> None:
    numbering = Numbering()
    assert numbers(numbering, copy(0, 3)) == [7, 8, 9, 10]
    assert numbers(numbering, [*copy(3, 3), *copy(9, 10)]) == [10, 11, 12]


def test_what_is_older_than_all_we_know_has_no_number() -> None:
    numbering = Numbering()
    assert numbers(numbering, copy(10, 13)) == [7, 8, 9, 10]
    assert numbers(numbering, copy(8, 11)) == [None, None, 7, 8]


def test_another_epoch_is_a_break_and_no_loss() -> None:
    numbering = Numbering()
    numbering.number(copy(0, 3), 0)
    told = numbering.number([*copy(2, 3), *copy(10, 11, epoch="b")], 0)
    assert [(one.sequence, one.discontinuity, one.is_discontinuity) for one in told if one] == [
        (2, 0, False),
        (3, 0, False),
        (4, 1, True),
        (5, 1, False),
    ]
    [again, _] = numbering.number(copy(10, 11, epoch="b"), 0)
    assert again is not None
    assert again.is_discontinuity
    [after] = numbering.number(copy(90, 90, epoch="c"), 0)
    assert after is not None
    assert (after.sequence, after.is_discontinuity) == (6, True)


@pytest.mark.parametrize("published", [[1.0, 2.0], [None] * 4])
def test_time_that_is_set_back_contradicts_what_was_known(published: list[float | None]) -> None:
    numbering = Numbering()
    assert numbers(numbering, copy(100, 103), 0, published[0]) == [0, 1, 2, 3]
    seen = [numbers(numbering, copy(0, number), 0, at) for number, at in enumerate(published[1:], start=1)]
    assert seen[:-1] == [[None] * (number + 1) for number in range(1, len(published) - 1)]
    count = len(published)
    assert seen[-1] == list(range(4 - count, 4))  # the numbers of other times
    assert numbers(numbering, copy(0, count), 0, 3.0 if published[0] else None) == list(range(4 - count, 5))


def test_an_old_copy_is_no_new_beginning() -> None:
    numbering = Numbering()
    numbers(numbering, copy(100, 103), published=10.0)
    for number in range(1, 6):
        assert numbers(numbering, copy(0, number), published=9.0) == [None] * (number + 1)
