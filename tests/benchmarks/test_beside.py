"""Ours beside a peer, by hand."""

import pytest

from proving import beside_page
from proving.beside import beside, highest
from proving.cases import Outcome, Said
from proving.peers.answer import Answer, averaged, joined

BLACK, BLOCKS = "FFmpeg blackdetect d=1", "FFmpeg blockdetect"


def warned(start, end):
    return Said("video.black", start, end, 1, 0.9, None, "", "")


def case(ours=(), spans=(), *, recipe="video.black", scores=(), error=None, peer=BLACK):
    answer = Answer("v", spans, scores, error)
    return Outcome("clip", "tuning", 12.0, recipe, "subtle", 1, True, 4.0, 6.0, said=ours, peers={peer: answer})


def clean(spans=(), scores=(), *, excused=(), peer=BLACK):
    return Outcome("clean", "tuning", 6.0, excused=excused, peers={peer: Answer("v", spans, scores)})


def test_both_are_scored_by_the_same_rules_on_the_files_that_both_examined():
    cases = [
        case((warned(4.0, 6.0),), ((4.2, 6.0),)),
        case((), ((4.0, 6.0), (9.0, 10.5))),
        case((warned(4.0, 6.0),), error="it fell over"),
        Outcome("clip", "tuning", 12.0, "video.black", "subtle", 1, True, 4.0, 6.0),
    ]
    calm = [clean(((1.0, 2.0),)), clean(((1.0, 2.0),), excused=((0.5, 1.5),))]
    [pair] = beside("video.black", "subtle", cases, calm)
    assert (pair.ours.n, pair.ours.recall, pair.ours.onset_median) == (2, 0.5, 0.0)
    assert (pair.theirs.n, pair.theirs.recall, pair.theirs.onset_median) == (2, 1.0, pytest.approx(0.1))
    assert (pair.our_false_alarms, pair.their_false_alarms) == (0, 1)
    assert pair.theirs.precision == 0.5  # two files in which it was right, two in which it was wrong
    assert pair.hours == pytest.approx(12.0 / 3600.0)


def test_a_score_is_told_at_the_lowest_threshold_that_no_clean_stretch_exceeds():
    low, high = (1.0,) * 24, (1.0,) * 8 + (3.0,) * 4 + (1.0,) * 12
    cases = [case(recipe="video.blockiness", scores=scores, peer=BLOCKS) for scores in (low, high)]
    calm = [clean(scores=(1.0,) * 11 + (2.0,), peer=BLOCKS)]
    [pair] = beside("video.blockiness", "subtle", cases, calm)
    assert (pair.theirs.n, pair.theirs.recall) == (2, 0.5)
    assert pair.theirs.auc == pytest.approx((2 * 0.5 + 0.0 + 3.0) / 6)  # two stretches of 1.0 and one of 2.0
    assert pair.their_false_alarms is None


def test_no_clean_content_means_no_threshold():
    scores = (1.0,) * 24
    [pair] = beside("video.blockiness", "subtle", [case(recipe="video.blockiness", scores=scores, peer=BLOCKS)], [])
    assert beside_page.as_data(pair)["theirs"]["recall"] is None


def test_only_steps_inside_count():
    answer = Answer("v", scores=(9.0, 1.0, None, 2.0, 9.0))
    assert highest(answer, 0.4, 2.2) == 2.0
    assert highest(answer, 0.9, 1.6) is None


def test_a_score_is_averaged_and_what_is_no_number_left_out():
    assert averaged([(0.0, 1.0), (0.3, 2.0), (1.1, 4.0), (1.2, float("nan")), (-0.1, 9.0)]) == (1.5, None, 4.0)
    assert averaged([]) == ()


def test_moments_near_each_other_are_one_finding():
    assert joined([(5.0, 5.0), (1.0, 1.0), (1.9, 2.0), (5.5, 7.0)]) == ((1.0, 2.0), (5.0, 7.0))


def test_the_page_has_a_line_for_each_recipe_level_and_peer():
    pairs = beside("video.black", "very-subtle", [case((warned(4.0, 6.0),), ((4.2, 6.0),))], [clean()])
    *_, line = beside_page.table([beside_page.as_data(pair) for pair in pairs])
    assert line == (
        "| `video.black` | very subtle | FFmpeg blackdetect d=1 | 1 | 1.00 / 1.00 | 1.00 / 1.00 | 1.00 / 1.00 | "
        "0.00 / 0.20 | 0 / 0 (0.00 h) |\n"
    )
