"""The curve of concealed block corruption, by hand."""

import pytest

from proving import apart, page
from proving.cases import Outcome, Said
from watchglass.faults.level import Level

CONCEALED = apart.CONCEALED[0]


def said(severity, confidence, start=4.0):
    return Said("video.block_corruption", start, start + 1.0, severity, confidence, None, "concealed", "")


def case(name, *findings, recipe=CONCEALED, counts=True):
    return Outcome(name, "tuning", 12.0, recipe, "noticeable", 1, counts, 4.0, 6.0, said=findings)


def clean(name, *findings):
    return Outcome(name, "tuning", 12.0, said=findings)


OUTCOMES = [
    clean("a", said(1, 0.6)),
    clean("b", said(0, 0.3)),
    clean("c"),
    clean("a sound"),  # nothing was put into it, so it is no part of the comparison
    case("a", said(1, 0.9)),
    case("b", said(0, 0.4)),
    case("c", said(0, 0.9, start=9.0)),  # about something else
    case("c", counts=False),
    case("b", recipe="video.black"),
]


def test_all_but_one_clean_clip_are_below_the_threshold():
    [row] = apart.rows(OUTCOMES, ["video.black", CONCEALED], ["noticeable", "subtle"])
    assert (row["recipe"], row["level"], row["n"], row["clean"]) == (CONCEALED, "noticeable", 3, 3)
    assert row["recall_at_one"] == pytest.approx(2 / 3, abs=0.001)
    assert row["auc"] == pytest.approx((3 + 2 + 0.5) / 9, abs=0.001)


@pytest.mark.parametrize(("clean_scores", "recall"), [([], 0.5), ([1.5], 0.5), ([1.5, 1.6], 0.0), ([1.2, 1.6], 0.5)])
def test_silence_is_never_found(clean_scores, recall):
    assert apart.recall_at_one(clean_scores, [0.0, 1.3]) == recall


def test_the_page_has_it_apart():
    found = page.figures(OUTCOMES, [CONCEALED], [Level.NOTICEABLE])
    text = page.page(found, "make accuracy")
    assert "### Block corruption that is concealed: tuning half of the corpus" in text
    assert f"| `{CONCEALED}` | noticeable | 3 | 3 | 0.61 | 0.67 |" in text
    del found["apart"]
    assert "is concealed" not in page.page(found, "make accuracy")
